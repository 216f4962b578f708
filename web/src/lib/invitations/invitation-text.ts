import type { Invitation } from '#lib/api/types.ts';
import { m } from '#lib/paraglide/messages.js';

/** What an invitation is called in the list of whoever issued it. */
export function nameOf(invitation: Pick<Invitation, 'kind' | 'purpose'>): string {
	if (invitation.kind === 'card') return m.invitation_old_card();
	return invitation.purpose || m.invitation_untitled();
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
