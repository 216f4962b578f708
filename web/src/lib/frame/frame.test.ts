import { describe, expect, it } from 'vitest';
import { shortcutOf } from './shortcuts.ts';

describe('shortcuts', () => {
	const press = (key: string, change = {}) => ({
		key,
		ctrlKey: false,
		metaKey: false,
		altKey: false,
		isComposing: false,
		...change,
	});

	it('are single keys', () => {
		expect(shortcutOf(press('?'), false)).toBe('help');
		expect(shortcutOf(press('j'), false)).toBe('older');
		expect(shortcutOf(press('x'), false)).toBe(null);
	});

	it('leave alone what belongs to writing, to an input method and to the browser', () => {
		expect(shortcutOf(press('j'), true)).toBe(null);
		expect(shortcutOf(press('j', { isComposing: true }), false)).toBe(null);
		expect(shortcutOf(press('n', { ctrlKey: true }), false)).toBe(null);
		expect(shortcutOf(press('n', { metaKey: true }), false)).toBe(null);
	});
});
