import { describe, expect, it } from 'vitest';
import { SHORTCUTS, shortcutOf } from './shortcuts.ts';
import { SingleKeys } from './single-keys.svelte.ts';

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
		expect(shortcutOf(press('?'), false, true)).toBe('help');
		expect(shortcutOf(press('j'), false, true)).toBe('older');
		expect(shortcutOf(press('x'), false, true)).toBe(null);
	});

	it('leave alone what belongs to writing, to an input method and to the browser', () => {
		expect(shortcutOf(press('j'), true, true)).toBe(null);
		expect(shortcutOf(press('j', { isComposing: true }), false, true)).toBe(null);
		expect(shortcutOf(press('n', { ctrlKey: true }), false, true)).toBe(null);
		expect(shortcutOf(press('n', { metaKey: true }), false, true)).toBe(null);
	});

	it('are all off for whoever switched them off', () => {
		for (const key of Object.keys(SHORTCUTS)) {
			expect(shortcutOf(press(key), false, true)).not.toBe(null);
			expect(shortcutOf(press(key), false, false)).toBe(null);
		}
	});
});

describe('single keys', () => {
	const browser = () => {
		const kept = new Map<string, string>();
		return () => ({
			getItem: (key: string) => kept.get(key) ?? null,
			setItem: (key: string, value: string) => void kept.set(key, value),
			removeItem: (key: string) => void kept.delete(key),
		});
	};

	it('are on until switched off, for as long as this browser keeps it', () => {
		const store = browser();
		const keys = new SingleKeys(store);
		const otherTab = new SingleKeys(store);
		expect(keys.on).toBe(true);
		keys.on = false;
		expect([keys.on, new SingleKeys(store).on, new SingleKeys(browser()).on]).toEqual([false, false, true]);
		otherTab.reread();
		expect(otherTab.on).toBe(false);
		keys.on = true;
		expect(new SingleKeys(store).on).toBe(true);
	});

	it('are switched off for the page at hand where the browser keeps nothing', () => {
		const keys = new SingleKeys(() => {
			throw new Error('forbidden');
		});
		expect(keys.on).toBe(true);
		keys.on = false;
		keys.reread();
		expect(keys.on).toBe(false);
	});
});
