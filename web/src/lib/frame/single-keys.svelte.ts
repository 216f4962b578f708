/** Where this browser keeps that single keys are off. */
const KEY = 'liaison.single-keys';

type Store = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

/**
 * Whether letters and signs alone are shortcuts. Whoever speaks their input, or hits keys by chance, can switch them off
 * (WCAG 2.1.4). A matter of the keyboard at hand, so it is kept in the browser and not with the member.
 */
export class SingleKeys {
	#on = $state(true);
	#store: () => Store;

	constructor(store: () => Store = () => localStorage) {
		this.#store = store;
		this.reread();
	}

	get on(): boolean {
		return this.#on;
	}

	set on(on: boolean) {
		this.#on = on;
		try {
			if (on) this.#store().removeItem(KEY);
			else this.#store().setItem(KEY, 'off');
		} catch {
			// A browser that keeps nothing: it holds as long as the page.
		}
	}

	/** Switched in another tab. */
	reread = () => {
		try {
			this.#on = this.#store().getItem(KEY) !== 'off';
		} catch {
			// As above.
		}
	};
}
