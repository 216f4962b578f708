import type { Contact } from '#lib/api/types.ts';
import { m } from '#lib/paraglide/messages.js';

/** Said only where something is not as usual. */
export function linkMark(contact: Contact): string {
	if (contact.link?.state === 'frozen') return m.link_frozen();
	if (contact.link?.state === 'ended') return m.link_ended();
	return '';
}
