import type { Invitation } from '#lib/api/types.ts';
import { m } from '#lib/paraglide/messages.js';

/** What an invitation is called in the list of whoever issued it. */
export function nameOf(invitation: Pick<Invitation, 'kind' | 'purpose'>): string {
	if (invitation.kind === 'card') return m.invitation_old_card();
	return invitation.purpose || m.invitation_untitled();
}

const mails = {
	queued: m.mail_queued,
	sent: m.mail_sent,
	refused: m.mail_refused,
	accepted: m.mail_accepted,
};

/** To whom it was mailed, and how far the mail got. */
export function mailText(invitation: Pick<Invitation, 'email' | 'mailState'>): string | null {
	if (!invitation.email || !invitation.mailState) return null;
	return mails[invitation.mailState]({ email: invitation.email });
}

const states = {
	live: m.state_live,
	dormant: m.state_dormant,
	expired: m.state_expired,
	usedUp: m.state_used_up,
	revoked: m.state_revoked,
};

export function stateText(invitation: Pick<Invitation, 'state'>): string {
	return states[invitation.state]();
}
