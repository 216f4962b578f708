import type { Member } from '#lib/api/types.ts';
import { formatDateTime } from '#lib/format/time.ts';
import { m } from '#lib/paraglide/messages.js';

/** What is worth a word about how somebody can sign in: a link on its way, or no password yet. Nothing otherwise. */
export function signInText(member: Member, language: string): { text: string; bad: boolean } | null {
	const signIn = member.signIn;
	if (!signIn || member.status !== 'active') return null;
	const link = signIn.link;
	const parts = signIn.hasPassword ? [] : [m.password_none()];
	let bad = false;
	if (link && (link.state === 'open' || (link.state === 'expired' && !signIn.hasPassword))) {
		if (link.mail === 'failed') {
			bad = true;
			parts.push(m.link_mail_failed());
		} else if (link.state === 'expired') {
			bad = true;
			parts.push(m.link_mail_ended({ at: formatDateTime(link.expiresAt, language) }));
		} else if (link.mail === 'queued') {
			parts.push(link.mailError ? m.link_queued_failing() : m.link_queued());
		} else {
			parts.push(m.link_sent_at({ at: formatDateTime(link.mailAt, language) }));
		}
	}
	return parts.length > 0 ? { text: parts.join(' · '), bad } : null;
}
