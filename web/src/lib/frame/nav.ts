import Contact from '@lucide/svelte/icons/book-user';
import MessagesSquare from '@lucide/svelte/icons/messages-square';
import Settings from '@lucide/svelte/icons/settings';
import ShieldCheck from '@lucide/svelte/icons/shield-check';
import { m } from '#lib/paraglide/messages.js';

export interface NavEntry {
	href: string;
	label: string;
	icon: typeof Settings;
	/** What waits there, in number and in words. */
	badge: number;
	waiting: string[];
}

/** What waits for the reader. */
export interface Waiting {
	unread: number;
	requests: number;
	/** Reports that wait for an administrator; null for whoever is none. */
	reports: number | null;
}

/** The main sections, the same on the rail and on the tab bar. */
export function navEntries({ unread, requests, reports }: Waiting): NavEntry[] {
	const messages = [
		...(unread > 0 ? [m.unread_count({ count: unread })] : []),
		...(requests > 0 ? [m.requests_count({ count: requests })] : []),
	];
	const entries: NavEntry[] = [
		{
			href: '/messages',
			label: m.nav_messages(),
			icon: MessagesSquare,
			badge: unread + requests,
			waiting: messages,
		},
		{ href: '/contacts', label: m.nav_contacts(), icon: Contact, badge: 0, waiting: [] },
	];
	if (reports !== null) {
		const waiting = reports > 0 ? [m.reports_waiting({ count: reports })] : [];
		entries.push({ href: '/admin', label: m.nav_admin(), icon: ShieldCheck, badge: reports, waiting });
	}
	entries.push({ href: '/settings', label: m.nav_settings(), icon: Settings, badge: 0, waiting: [] });
	return entries;
}
