import { m } from '#lib/paraglide/messages.js';
import type { Reason } from '#lib/api/types.ts';

export interface ReasonText {
	text: string;
	/** Who can mend it, and where. */
	remedy: string;
}

const yours: Record<string, () => ReasonText> = {
	NOT_ENTITLED: () => ({ text: m.reason_not_entitled(), remedy: m.remedy_not_entitled() }),
	NETWORK_OFF: () => ({ text: m.reason_network_off(), remedy: m.remedy_network_off() }),
	NOT_GRANTED: () => ({ text: m.reason_not_granted(), remedy: m.remedy_not_granted() }),
	PARTNER_NOT_ALLOWED: () => ({
		text: m.reason_partner_not_allowed(),
		remedy: m.remedy_partner_not_allowed(),
	}),
	MEMBER_INACTIVE: () => ({ text: m.reason_member_inactive(), remedy: m.remedy_member_inactive() }),
	NOT_LINKED: () => ({ text: m.reason_not_linked(), remedy: m.remedy_not_linked() }),
	BLOCKED: () => ({ text: m.reason_blocked(), remedy: m.remedy_blocked() }),
	REQUEST_PENDING: () => ({ text: m.reason_request_yours(), remedy: m.remedy_request_yours() }),
	ROOM_LIMIT: () => ({ text: m.reason_room_limit(), remedy: m.remedy_room_limit() }),
};

const theirs: Record<string, () => ReasonText> = {
	REQUEST_PENDING: () => ({ text: m.reason_request_theirs(), remedy: m.remedy_request_theirs() }),
	OTHER_SIDE: () => ({ text: m.reason_other_side(), remedy: m.remedy_other_side() }),
};

export function reasonText(reason: Reason): ReasonText {
	const known = (reason.side === 'yours' ? yours : theirs)[reason.code];
	return known ? known() : { text: reason.text, remedy: reason.remedy ?? '' };
}
