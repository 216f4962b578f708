/** When the verification of a phone number is worth a reminder, and how long one waits for another code. */

const REMIND_MS = 30 * 86_400_000;

export function isEndingSoon(until: string | null | undefined, now: number): boolean {
	return Boolean(until) && Date.parse(until!) - now < REMIND_MS;
}

/** Whole seconds, never below none. */
export function secondsUntil(at: string, now: number): number {
	return Math.max(0, Math.ceil((Date.parse(at) - now) / 1000));
}
