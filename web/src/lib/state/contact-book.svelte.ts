import type { Api } from '#lib/api/client.ts';
import type { Contact } from '#lib/api/types.ts';

/** Contacts seen so far, kept current by the realtime connection. */
export class ContactBook {
	/** Grows with every change from elsewhere, so that open lists know to look again. */
	revision = $state(0);
	#known = $state.raw<Record<string, Contact>>({});
	#api: Api;

	constructor(api: Api) {
		this.#api = api;
	}

	get(id: string): Contact | null {
		return this.#known[id] ?? null;
	}

	put(contact: Contact) {
		const isNew = !(contact.id in this.#known);
		this.#known = { ...this.#known, [contact.id]: contact };
		if (isNew) this.revision += 1;
	}

	/** Out of sight: deleted for good, no longer shared, or in its owner's trash. */
	forget(id: string) {
		const { [id]: gone, ...rest } = this.#known;
		this.#known = rest;
		if (gone) this.revision += 1;
	}

	remember(contacts: Contact[]) {
		this.#known = { ...this.#known, ...Object.fromEntries(contacts.map((c) => [c.id, c])) };
	}

	async load(id: string): Promise<Contact> {
		const contact = await this.#api.contacts.get(id);
		this.remember([contact]);
		return contact;
	}

	clear() {
		this.#known = {};
		this.revision += 1;
	}
}
