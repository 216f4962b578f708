/** The picture of a business card, drawn in the browser: what it shows of a person never leaves it. */

export interface CardFace {
	name: string;
	company: string;
	handle: string;
	photoUrl: string | null;
	qrUrl: string;
}

export const CARD_WIDTH = 1_050;
export const CARD_HEIGHT = 600;

// Whatever script a name is in: the system knows a font for it.
const FONTS =
	'"Noto Sans", "Noto Sans CJK JP", "Noto Sans CJK KR", "Hiragino Sans", "Apple SD Gothic Neo", system-ui, sans-serif';

function load(url: string): Promise<HTMLImageElement> {
	return new Promise((resolve, reject) => {
		const image = new Image();
		image.onload = () => resolve(image);
		image.onerror = () => reject(new Error('a picture of the card could not be loaded'));
		image.src = url;
	});
}

/** The largest size, down to a smallest, in which the text fits; what still does not fit is cut with an ellipsis. */
export function fit(
	measure: (text: string, size: number) => number,
	text: string,
	width: number,
	largest: number,
	smallest: number,
): { text: string; size: number } {
	for (let size = largest; size >= smallest; size -= 2) {
		if (measure(text, size) <= width) return { text, size };
	}
	const letters = Array.from(text);
	while (letters.length > 1 && measure(letters.join('') + '…', smallest) > width) letters.pop();
	return { text: letters.join('') + '…', size: smallest };
}

export async function drawCard(canvas: HTMLCanvasElement, face: CardFace): Promise<void> {
	const [qr, photo] = await Promise.all([
		load(face.qrUrl),
		face.photoUrl ? load(face.photoUrl).catch(() => null) : Promise.resolve(null),
	]);
	canvas.width = CARD_WIDTH;
	canvas.height = CARD_HEIGHT;
	const pen = canvas.getContext('2d');
	if (!pen) throw new Error('this browser draws no pictures');
	pen.fillStyle = '#ffffff';
	pen.fillRect(0, 0, CARD_WIDTH, CARD_HEIGHT);
	pen.fillStyle = '#1d2544';
	pen.fillRect(0, 0, 24, CARD_HEIGHT);
	const left = 84;
	const qrSide = 340;
	const width = CARD_WIDTH - left - qrSide - 92;
	let top = 96;
	if (photo) {
		const side = 148;
		const cut = Math.min(photo.naturalWidth, photo.naturalHeight);
		pen.save();
		pen.beginPath();
		pen.arc(left + side / 2, top + side / 2, side / 2, 0, 2 * Math.PI);
		pen.clip();
		const [x, y] = [(photo.naturalWidth - cut) / 2, (photo.naturalHeight - cut) / 2];
		pen.drawImage(photo, x, y, cut, cut, left, top, side, side);
		pen.restore();
		top += side + 40;
	} else {
		top += 90;
	}
	const write = (text: string, weight: number, largest: number, smallest: number, colour: string) => {
		const measure = (candidate: string, size: number) => {
			pen.font = `${weight} ${size}px ${FONTS}`;
			return pen.measureText(candidate).width;
		};
		const line = fit(measure, text, width, largest, smallest);
		pen.font = `${weight} ${line.size}px ${FONTS}`;
		pen.fillStyle = colour;
		pen.textBaseline = 'top';
		pen.fillText(line.text, left, top);
		top += line.size * 1.45;
	};
	write(face.name, 600, 60, 30, '#1a1d2b');
	write(face.company, 500, 34, 22, '#2f489c');
	top += 14;
	write(face.handle, 400, 28, 20, '#595d70');
	pen.imageSmoothingEnabled = false;
	pen.drawImage(qr, CARD_WIDTH - qrSide - 56, (CARD_HEIGHT - qrSide) / 2, qrSide, qrSide);
}

export function pictureOf(canvas: HTMLCanvasElement): Promise<Blob> {
	return new Promise((resolve, reject) => {
		canvas.toBlob(
			(blob) => (blob ? resolve(blob) : reject(new Error('the card could not be saved'))),
			'image/png',
		);
	});
}
