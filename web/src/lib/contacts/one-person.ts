/** One person in one row, however many colleagues have added them (B14). */
import type { Contact } from '#lib/api/types.ts';

/**
 * Of the entries that stand for the same person one is kept, in its own place of the list: mine, else the first. An
 * entry whose person is not loaded stands for itself, and a later page may bring mine, which then takes the place of a
 * colleague's. What lies in the trash is restored or purged one by one, so each has its row.
 */
export function onePersonEach(contacts: readonly Contact[], myId: string | undefined): Contact[] {
	/** The kept entry of a person; all their entries share one. */
	interface Person {
		kept: Contact;
	}
	const people = new Map<string, Person>();
	const personOf = (contact: Contact): Person => {
		// Either names the other: one of the two may have been fetched before the other was added.
		const known = [contact.id, ...contact.samePersonIds].find((id) => people.has(id));
		const person = (known !== undefined && people.get(known)) || { kept: contact };
		for (const id of [contact.id, ...contact.samePersonIds]) people.set(id, person);
		return person;
	};
	const grouped = contacts.map((contact) => {
		if (contact.state === 'trashed') return null;
		// Named by an entry before it: the others' names need not be gone through once more for each of many colleagues.
		const person = people.get(contact.id) ?? personOf(contact);
		if (contact.owner.id === myId && person.kept.owner.id !== myId) person.kept = contact;
		return person;
	});
	return contacts.filter((contact, index) => {
		const person = grouped[index];
		return !person || person.kept === contact;
	});
}

/** In how many books a person is, as far as the reader sees; 1 for most, and for what lies in the trash. */
export const relationCount = (contact: Contact): number =>
	contact.state === 'trashed' ? 1 : 1 + contact.samePersonIds.length;
