import type { Api } from '#lib/api/client.ts';
import type { Book, Contact } from '#lib/api/types.ts';

/** Whether lists that hold a contact may have to stand otherwise: another place, another section, another tag. */
const movesInLists = (before: Contact | undefined, after: Contact) =>
	!before ||
	before.state !== after.state ||
	before.name !== after.name ||
	before.companyName !== after.companyName ||
	before.tags.join('\n') !== after.tags.join('\n');

/** Contacts seen so far, kept current by the realtime connection. */
export class ContactBook {
	/** Grows with every change that concerns lists, so that open ones know to look again. */
	revision = $state(0);
	/** Settings and limits of the company's contact book; null until somebody asked for them. */
	settings = $state.raw<Book | null>(null);
	#known = $state.raw<Record<string, Contact>>({});
	#api: Api;

	constructor(api: Api) {
		this.#api = api;
	}

	get(id: string): Contact | null {
		return this.#known[id] ?? null;
	}

	put(contact: Contact) {
		const before = this.#known[contact.id];
		// An answer may come after the frame about a later change.
		if (before && before.version > contact.version) return;
		this.#known = { ...this.#known, [contact.id]: contact };
		if (movesInLists(before, contact)) this.revision += 1;
	}

	/** Out of sight: deleted for good, no longer shared, or in its owner's trash. */
	forget(id: string) {
		const { [id]: gone, ...rest } = this.#known;
		this.#known = rest;
		if (gone) this.revision += 1;
	}

	/** Without telling lists: they fetched these. What arrived meanwhile is kept. */
	remember(contacts: Contact[]) {
		const newer = contacts.filter((c) => c.version >= (this.#known[c.id]?.version ?? 0));
		this.#known = { ...this.#known, ...Object.fromEntries(newer.map((c) => [c.id, c])) };
	}

	async load(id: string): Promise<Contact> {
		const contact = await this.#api.contacts.get(id);
		this.remember([contact]);
		return contact;
	}

	/** For limits and days of the trash. Screens work without them. */
	async loadSettings() {
		try {
			this.settings = (await this.#api.contactBook.get()).data;
		} catch {
			// The server says what does not fit, only later.
		}
	}

	clear() {
		this.#known = {};
		this.settings = null;
		this.revision += 1;
	}
}
