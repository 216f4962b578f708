import { describe, expect, it } from 'vitest';
import { dayKey } from '../format/time.ts';
import { ME, message, mine, participant, room } from '../realtime/fixtures.ts';
import { newClientId } from './client-id.ts';
import { sendsMessage } from './keys.ts';
import { splitLinks } from './links.ts';
import { toRequest, type Choice } from './people-choice.ts';
import { readers } from './readers.ts';
import { matchesRoom } from './room-search.ts';
import { grewAtStart } from './scroll.ts';
import { buildThreadItems, type ThreadItemsInput } from './thread-items.ts';

const build = (change: Partial<ThreadItemsInput>) =>
	buildThreadItems({
		messages: [],
		pending: [],
		room: room(),
		myId: ME,
		unreadAfter: null,
		dayOf: (iso) => dayKey(iso, 'UTC'),
		...change,
	}).reduce<string[]>((shown, item) => {
		if (item.type !== 'message') return [...shown, item.type];
		if (item.first) return [...shown, `group ${item.message.seq}`];
		return [...shown.slice(0, -1), `${shown.at(-1)}+${item.message.seq}`];
	}, []);

describe('thread items', () => {
	it('groups by author within a few minutes', () => {
		const late = message(4, { sentAt: '2026-01-10T10:00:00.000Z' });
		expect(build({ messages: [message(1), message(2), message(3, { author: mine }), late] })).toEqual([
			'date',
			'group 1+2',
			'group 3',
			'group 4',
		]);
	});

	it('shows the time once, at the end of a group', () => {
		const items = buildThreadItems({
			messages: [message(1), message(2), message(3, { author: mine })],
			pending: [],
			room: room(),
			myId: ME,
			unreadAfter: null,
			dayOf: (iso) => dayKey(iso, 'UTC'),
		});
		expect(items.flatMap((item) => (item.type === 'message' ? [item.last] : []))).toEqual([
			false,
			true,
			true,
		]);
	});

	it('keeps the row of a message of mine when it has been sent', () => {
		const pending = [{ clientId: 'c', text: 'x', queuedAt: '', state: 'sending' as const, problem: null }];
		const input = { room: room(), myId: ME, unreadAfter: null, dayOf: (iso: string) => dayKey(iso, 'UTC') };
		const sent = message(1, { author: mine, clientId: 'c' });
		const before = buildThreadItems({ ...input, messages: [], pending }).at(-1)?.key;
		expect(buildThreadItems({ ...input, messages: [sent], pending: [] }).at(-1)?.key).toBe(before);
	});

	it('draws a line per day', () => {
		const next = message(2, { sentAt: '2026-01-11T09:00:00.000Z' });
		expect(build({ messages: [message(1), next] })).toEqual(['date', 'group 1', 'date', 'group 2']);
	});

	it('marks the first unread message of others once', () => {
		const messages = [message(1), message(2, { author: mine }), message(3), message(4)];
		expect(build({ messages, unreadAfter: 1 })).toEqual([
			'date',
			'group 1',
			'group 2',
			'unread',
			'group 3+4',
		]);
	});

	it('marks a gap and does not group across it', () => {
		const ranges = [
			{ from: 1, to: 1 },
			{ from: 5, to: null },
		];
		expect(build({ messages: [message(1), message(5)], room: { ranges } })).toEqual([
			'date',
			'group 1',
			'gap',
			'group 5',
		]);
	});

	it('lets notices and pending messages stand alone', () => {
		const notice = message(2, { kind: 'notice', author: null });
		const pending = [{ clientId: 'c', text: 'x', queuedAt: '', state: 'sending' as const, problem: null }];
		expect(build({ messages: [message(1), notice, message(3)], pending })).toEqual([
			'date',
			'group 1',
			'notice',
			'group 3',
			'pending',
		]);
	});
});

describe('rows that are added', () => {
	const rows = (...keys: string[]) => keys.map((key) => ({ key }));

	it('hold the place from the end only when they stand at the start', () => {
		expect(grewAtStart(rows('c', 'd'), rows('a', 'b', 'c', 'd'))).toBe(true);
		expect(grewAtStart(rows('a', 'b', 'c'), rows('b', 'c'))).toBe(true);
		expect(grewAtStart(rows('a', 'b'), rows('a', 'b', 'c'))).toBe(false);
		expect(grewAtStart([], rows('a'))).toBe(false);
		expect(grewAtStart(rows('a', 'b'), rows('c', 'd', 'e'))).toBe(false);
	});
});

describe('searching rooms', () => {
	it('finds title, person and company, whatever the case and the width of the letters', () => {
		const found = (query: string) => matchesRoom(room(), 'HT-2041 到着', query, 'ja');
		expect(found('')).toBe(true);
		expect(found('ht-2041')).toBe(true);
		expect(found('ＨＴ')).toBe(true);
		expect(found('okafor')).toBe(true);
		expect(found('borealis')).toBe(true);
		expect(found('Mina Sato')).toBe(false);
	});
});

describe('sending keys', () => {
	const enter = {
		key: 'Enter',
		shiftKey: false,
		altKey: false,
		ctrlKey: false,
		metaKey: false,
		isComposing: false,
		keyCode: 13,
	};

	it('sends on Enter, but not with Shift and not while composing', () => {
		expect(sendsMessage(enter)).toBe(true);
		expect(sendsMessage({ ...enter, shiftKey: true })).toBe(false);
		expect(sendsMessage({ ...enter, isComposing: true })).toBe(false);
		expect(sendsMessage({ ...enter, keyCode: 229 })).toBe(false);
		expect(sendsMessage({ ...enter, key: 'a' })).toBe(false);
	});
});

describe('client ids', () => {
	it('are UUIDs of version 7 that sort by time', () => {
		const first = newClientId(1_000);
		expect(first).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
		expect(first < newClientId(2_000)).toBe(true);
	});
});

describe('links', () => {
	it('are found without the punctuation around them', () => {
		expect(splitLinks('See https://a.example/x. Or (https://b.example/y)')).toEqual([
			{ text: 'See ', href: null },
			{ text: 'https://a.example/x', href: 'https://a.example/x' },
			{ text: '. Or (', href: null },
			{ text: 'https://b.example/y', href: 'https://b.example/y' },
			{ text: ')', href: null },
		]);
	});

	it('are web addresses and nothing else', () => {
		expect(splitLinks('javascript:alert(1)')).toEqual([{ text: 'javascript:alert(1)', href: null }]);
	});
});

describe('people', () => {
	it('readers leave out the viewer', () => {
		const participants = [participant(ME, { readSeq: 9 }), participant('a', { readSeq: 5 })];
		expect(readers({ participants }, 5)).toBe(1);
		expect(readers({ participants }, 6)).toBe(0);
	});

	it('choices become a request', () => {
		const choice = (kind: Choice['kind'], id: string): Choice => ({
			kind,
			id,
			name: id,
			detail: '',
			photoUrl: null,
			companyName: null,
		});
		expect(toRequest([choice('member', 'm1')])).toEqual({ memberIds: ['m1'] });
		expect(toRequest([choice('contact', 'c1'), choice('member', 'm1')])).toEqual({
			memberIds: ['m1'],
			contactIds: ['c1'],
		});
	});
});
