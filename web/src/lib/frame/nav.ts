import Contact from '@lucide/svelte/icons/book-user';
import MessagesSquare from '@lucide/svelte/icons/messages-square';
import Settings from '@lucide/svelte/icons/settings';
import ShieldCheck from '@lucide/svelte/icons/shield-check';
import { m } from '#lib/paraglide/messages.js';

export interface NavEntry {
	href: string;
	label: string;
	icon: typeof Settings;
	badge: number;
}

/** The main sections, the same on the rail and on the tab bar. */
export function navEntries(administrator: boolean, unread: number): NavEntry[] {
	const entries: NavEntry[] = [
		{ href: '/messages', label: m.nav_messages(), icon: MessagesSquare, badge: unread },
		{ href: '/contacts', label: m.nav_contacts(), icon: Contact, badge: 0 },
	];
	if (administrator) entries.push({ href: '/admin', label: m.nav_admin(), icon: ShieldCheck, badge: 0 });
	entries.push({ href: '/settings', label: m.nav_settings(), icon: Settings, badge: 0 });
	return entries;
}
