import { Problem, Unreachable } from '#lib/api/problem.ts';
import { m } from '#lib/paraglide/messages.js';
import { reasonText } from './reasons.ts';

const known: Record<string, (problem: Problem) => string> = {
	SIGN_IN_FAILED: () => m.problem_sign_in_failed(),
	TOO_MANY_ATTEMPTS: (p) => m.problem_too_many_attempts({ wait: waitText(p.retryAfter) }),
	LOOKUP_BUDGET: (p) => m.problem_lookup_budget({ wait: waitText(p.retryAfter) }),
	INVITATION_BUDGET: (p) => m.problem_invitation_budget({ wait: waitText(p.retryAfter) }),
	MAIL_BUDGET: (p) => m.problem_mail_budget({ wait: waitText(p.retryAfter) }),
	OWN_INVITATION: () => m.problem_own_invitation(),
	SAME_COMPANY: () => m.problem_same_company(),
	WRONG_PASSWORD: () => m.problem_wrong_password(),
	STALE: () => m.problem_stale(),
	NOT_FOUND: () => m.problem_not_found(),
};

/** One sentence for any failure, in the language of the interface where the code is known. */
export function problemText(error: unknown): string {
	if (error instanceof Unreachable) return m.problem_unreachable();
	if (error instanceof Problem) {
		if (error.reasons.length > 0) return error.reasons.map((r) => reasonText(r).text).join(' ');
		const sentence = known[error.code];
		if (sentence) return sentence(error);
		if (error.status === 429) return m.problem_too_many_requests({ wait: waitText(error.retryAfter) });
		if (error.errors.length > 0) return error.errors.map((e) => e.text).join(' ');
		if (error.status >= 500) return m.problem_server({ reference: error.reference ?? '-' });
		return error.message;
	}
	return m.problem_unknown();
}

export function waitText(seconds: number | null): string {
	if (seconds === null) return m.wait_a_while();
	if (seconds < 60) return m.wait_seconds({ count: Math.max(1, seconds) });
	return m.wait_minutes({ count: Math.ceil(seconds / 60) });
}
