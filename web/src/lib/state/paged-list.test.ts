import { describe, expect, it } from 'vitest';
import type { Page } from '../api/types.ts';
import { PagedList } from './paged-list.svelte.ts';

/** Two pages of two; the line is down while `down` says so. */
function source() {
	const line = { down: false, names: ['a', 'b', 'c', 'd'] };
	const fetch = async (cursor?: string): Promise<Page<string>> => {
		if (line.down) throw new Error('offline');
		const from = Number(cursor ?? 0);
		const more = from + 2 < line.names.length;
		return { items: line.names.slice(from, from + 2), nextCursor: more ? String(from + 2) : null };
	};
	return { line, fetch };
}

describe('a list fetched page by page', () => {
	it('asks for the page that failed, and for no other', async () => {
		const { line, fetch } = source();
		const list = new PagedList<string>();
		await list.load(fetch);
		line.down = true;
		await list.more();
		expect([list.status, list.items]).toEqual(['failed', ['a', 'b']]);
		line.down = false;
		await list.again();
		expect([list.status, list.items, list.hasMore]).toEqual(['ready', ['a', 'b', 'c', 'd'], false]);
	});

	it('renews once more what it failed to renew, and appends nothing', async () => {
		const { line, fetch } = source();
		const list = new PagedList<string>();
		await list.load(fetch);
		line.down = true;
		await list.renew();
		expect(list.status).toBe('failed');
		line.down = false;
		line.names[0] = 'z';
		await list.again();
		expect([list.status, list.items, list.hasMore]).toEqual(['ready', ['z', 'b'], true]);
	});

	it('drops the answer to a question that was replaced', async () => {
		const list = new PagedList<string>();
		let answer: (page: Page<string>) => void = () => {};
		const slow = list.load(() => new Promise((resolve) => (answer = resolve)));
		await list.load(async () => ({ items: ['new'], nextCursor: null }));
		answer({ items: ['old'], nextCursor: null });
		await slow;
		expect(list.items).toEqual(['new']);
	});
});
