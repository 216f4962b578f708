import type { Api } from '#lib/api/client.ts';
import { SvelteMap } from 'svelte/reactivity';

/** The log keeps ids, which never change their meaning. For reading, members of one's company get their names. */
export class AuditNames {
	#names = new SvelteMap<string, string>();
	#asked = new Set<string>();
	#api: Api;

	constructor(api: Api) {
		this.#api = api;
	}

	/** The name, once it is known; until then, and for everybody else, the id. */
	show(value: string): string {
		return value
			.split(', ')
			.map((word) => this.#names.get(word) ?? word)
			.join(', ');
	}

	/** Asks for the members among these values, each once. */
	ask(values: string[]) {
		for (const id of values.flatMap((value) => value.split(', '))) {
			if (!id.startsWith('member_') || this.#asked.has(id)) continue;
			this.#asked.add(id);
			this.#api.members.get(id).then(
				(member) => this.#names.set(id, member.name),
				// Somebody of another company: the id stays.
				() => {},
			);
		}
	}
}
