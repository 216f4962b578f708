import { error } from '@sveltejs/kit';

/** Of the development server only: in a built client this address is like any other that does not exist. */
export async function load() {
	if (import.meta.env.DEV) {
		const { default: Sheet } = await import('#lib/design/Sheet.svelte');
		return { Sheet };
	}
	error(404);
}
