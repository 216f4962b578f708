/** Reads QR codes from the camera and from pictures. The browser does it where it can, a small decoder elsewhere. */

/** Not in TypeScript's library: browsers on some systems have it, others never will. */
interface NativeDetector {
	detect(source: CanvasImageSource): Promise<{ rawValue: string }[]>;
}
interface NativeDetectorClass {
	new (options: { formats: string[] }): NativeDetector;
	getSupportedFormats(): Promise<string[]>;
}

export type Read = (source: CanvasImageSource, width: number, height: number) => Promise<string | null>;

/** Larger pictures are made smaller first: a code that fills a photograph is read as well from a thousand pixels. */
const MAX_SIDE = 1_280;

async function nativeReader(): Promise<Read | null> {
	const Detector = (globalThis as { BarcodeDetector?: NativeDetectorClass }).BarcodeDetector;
	if (!Detector) return null;
	try {
		if (!(await Detector.getSupportedFormats()).includes('qr_code')) return null;
		const detector = new Detector({ formats: ['qr_code'] });
		return async (source) => (await detector.detect(source))[0]?.rawValue ?? null;
	} catch {
		return null;
	}
}

async function ownReader(): Promise<Read> {
	const { decodeQR } = await import('qr/decode.js');
	const canvas = document.createElement('canvas');
	const context = canvas.getContext('2d', { willReadFrequently: true });
	return (source, width, height) => {
		if (!context || width === 0 || height === 0) return Promise.resolve(null);
		const scale = Math.min(1, MAX_SIDE / Math.max(width, height));
		canvas.width = Math.round(width * scale);
		canvas.height = Math.round(height * scale);
		context.fillStyle = '#fff';
		context.fillRect(0, 0, canvas.width, canvas.height);
		context.drawImage(source, 0, 0, canvas.width, canvas.height);
		try {
			return Promise.resolve(decodeQR(context.getImageData(0, 0, canvas.width, canvas.height)));
		} catch {
			return Promise.resolve(null);
		}
	};
}

export async function makeReader(): Promise<Read> {
	return (await nativeReader()) ?? (await ownReader());
}

/** What a picture's QR code says; null where none can be read. Throws where the file is no picture. */
export async function readPicture(file: Blob): Promise<string | null> {
	const picture = await createImageBitmap(file);
	try {
		const read = await makeReader();
		return await read(picture, picture.width, picture.height);
	} finally {
		picture.close();
	}
}

export type CameraProblem = 'refused' | 'none';

export function cameraProblem(error: unknown): CameraProblem {
	const name = error instanceof DOMException ? error.name : '';
	return name === 'NotAllowedError' || name === 'SecurityError' ? 'refused' : 'none';
}
