import { m } from '#lib/paraglide/messages.js';

export interface NewEntry {
	label: string;
	href: string;
}

/** What Contacts > New offers, in this order. Behind a phone's plus sign the first is called by what one does (B7). */
export const newEntries = (narrow: boolean): NewEntry[] => [
	{ label: narrow ? m.add_external_contact() : m.external_contact(), href: '/contacts/external' },
	{ label: m.plain_contact(), href: '/contacts/new' },
	{ label: m.my_card(), href: '/card' },
];
