export interface Toast {
	id: number;
	text: string;
	tone: 'info' | 'error';
}

const STAYS_FOR = 6_000;

export class Toasts {
	items = $state<Toast[]>([]);
	#nextId = 1;

	info(text: string) {
		this.#add(text, 'info');
	}

	error(text: string) {
		this.#add(text, 'error');
	}

	dismiss(id: number) {
		this.items = this.items.filter((toast) => toast.id !== id);
	}

	#add(text: string, tone: Toast['tone']) {
		const id = this.#nextId++;
		// The same sentence twice helps nobody; the newer one stays.
		this.items = [...this.items.filter((toast) => toast.text !== text), { id, text, tone }].slice(-3);
		setTimeout(() => this.dismiss(id), STAYS_FOR);
	}
}
