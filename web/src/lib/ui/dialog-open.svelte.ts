/**
 * For dialogs that are mounted when needed: open from the start, and telling the parent once they are closed by
 * whatever means (button, Escape, click outside).
 */
export class DialogOpen {
	#open = $state(true);
	#onclose: () => void;

	constructor(onclose: () => void) {
		this.#onclose = onclose;
	}

	get value() {
		return this.#open;
	}

	set value(open: boolean) {
		this.#open = open;
		if (!open) this.#onclose();
	}
}
