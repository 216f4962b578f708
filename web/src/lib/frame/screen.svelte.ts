import { onMount } from 'svelte';
import { MediaQuery } from 'svelte/reactivity';

/**
 * What is not seen at once on a narrow screen (the rail, the list behind a room) is drawn when the page has become
 * quiet. To be made while a component is.
 */
export class Screen {
	#wide = new MediaQuery('width >= 48rem');
	#quiet = $state(false);

	constructor() {
		onMount(() => {
			const timer = setTimeout(() => (this.#quiet = true), QUIET_AFTER_MS);
			return () => clearTimeout(timer);
		});
	}

	get isWide() {
		return this.#wide.current;
	}

	get isQuiet() {
		return this.#quiet;
	}
}

const QUIET_AFTER_MS = 300;
