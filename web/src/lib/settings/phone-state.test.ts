import { describe, expect, it } from 'vitest';
import { isEndingSoon, secondsUntil } from './phone-state.ts';

const now = Date.parse('2026-11-26T10:00:00Z');

describe('a verified number', () => {
	it('is worth a reminder in its last thirty days', () => {
		expect(isEndingSoon('2026-12-27T10:00:00Z', now)).toBe(false);
		expect(isEndingSoon('2026-12-26T09:59:59Z', now)).toBe(true);
		expect(isEndingSoon(null, now)).toBe(false);
	});
});

describe('another code', () => {
	it('is waited for in whole seconds', () => {
		expect(secondsUntil('2026-11-26T10:00:30.500Z', now)).toBe(31);
		expect(secondsUntil('2026-11-26T09:00:00Z', now)).toBe(0);
	});
});
