import { Problem, Unreachable } from '#lib/api/problem.ts';
import { m } from '#lib/paraglide/messages.js';
import { fieldErrorText } from './field-errors.ts';
import { reasonText } from './reasons.ts';

const known: Record<string, (problem: Problem) => string> = {
	SIGN_IN_REQUIRED: () => m.problem_sign_in_required(),
	SIGN_IN_FAILED: () => m.problem_sign_in_failed(),
	TOO_MANY_ATTEMPTS: (p) => m.problem_too_many_attempts({ wait: waitText(p.retryAfter) }),
	LOOKUP_BUDGET: (p) => m.problem_lookup_budget({ wait: waitText(p.retryAfter) }),
	INVITATION_BUDGET: (p) => m.problem_invitation_budget({ wait: waitText(p.retryAfter) }),
	MAIL_BUDGET: (p) => m.problem_mail_budget({ wait: waitText(p.retryAfter) }),
	OWN_INVITATION: () => m.problem_own_invitation(),
	SAME_COMPANY: () => m.problem_same_company(),
	CODE_BUDGET: (p) => m.problem_code_budget({ wait: waitText(p.retryAfter) }),
	CODE_EXPIRED: () => m.problem_code_expired(),
	CODE_SPENT: () => m.problem_code_spent(),
	PHONE_NOT_VERIFIED: () => m.problem_phone_not_verified(),
	TEXT_NOT_SET_UP: () => m.problem_text_not_set_up(),
	REPORT_BUDGET: (p) => m.problem_report_budget({ wait: waitText(p.retryAfter) }),
	REPORT_CLOSED: () => m.problem_report_closed(),
	ROLE_REQUIRED: () => m.problem_role_required(),
	NO_REQUEST: () => m.problem_no_request(),
	WRONG_PASSWORD: () => m.problem_wrong_password(),
	MAIL_NOT_SET_UP: () => m.problem_mail_not_set_up(),
	NO_EMAIL: () => m.problem_no_email(),
	MEMBER_INACTIVE: () => m.problem_member_inactive(),
	HANDLE_TAKEN: () => m.problem_handle_taken(),
	NAME_TAKEN: () => m.problem_name_taken(),
	LAST_OWNER: () => m.problem_last_owner(),
	MEMBER_LEFT: () => m.problem_member_left(),
	LINK_USED: () => m.link_used_text(),
	LINK_REPLACED: () => m.link_replaced_text(),
	LINK_EXPIRED: () => m.link_expired_text(),
	STALE: () => m.problem_stale(),
	NOT_FOUND: () => m.problem_not_found(),
	IN_TRASH: () => m.problem_in_trash(),
	NOT_IN_TRASH: () => m.problem_not_in_trash(),
	LEGAL_HOLD: () => m.problem_legal_hold(),
	CONTACT_LIMIT: () => m.problem_contact_limit(),
	TOO_LARGE: () => m.picture_too_large(),
	BODY_INCOMPLETE: () => m.problem_body_incomplete(),
	UNAVAILABLE: () => m.problem_unavailable(),
};

/** One sentence for any failure, in the language of the interface where the code is known. */
export function problemText(error: unknown): string {
	if (error instanceof Unreachable) return m.problem_unreachable();
	if (error instanceof Problem) {
		if (error.reasons.length > 0) return error.reasons.map((r) => reasonText(r).text).join(' ');
		const sentence = known[error.code];
		if (sentence) return sentence(error);
		if (error.status === 429) return m.problem_too_many_requests({ wait: waitText(error.retryAfter) });
		if (error.errors.length > 0) return error.errors.map(fieldErrorText).join(' ');
		if (error.status >= 500) return m.problem_server({ reference: error.reference ?? '-' });
		return error.message;
	}
	return m.problem_unknown();
}

export function waitText(seconds: number | null): string {
	if (seconds === null) return m.wait_a_while();
	if (seconds < 60) return m.wait_seconds({ count: Math.max(1, seconds) });
	if (seconds < 2 * 3600) return m.wait_minutes({ count: Math.ceil(seconds / 60) });
	return m.wait_hours({ count: Math.ceil(seconds / 3600) });
}
