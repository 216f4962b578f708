import { m } from '#lib/paraglide/messages.js';

export interface NewEntry {
	label: string;
	href: string;
}

/** What Contacts > New offers, in this order. */
export const newEntries = (): NewEntry[] => [
	{ label: m.external_contact(), href: '/contacts/external' },
	{ label: m.plain_contact(), href: '/contacts/new' },
	{ label: m.my_card(), href: '/card' },
];
