import { beforeEach, describe, expect, it } from 'vitest';
import { overwriteGetLocale } from '#lib/paraglide/runtime.js';
import { Problem, Unreachable, parseRetryAfter } from '../api/problem.ts';
import type { Notice, Reason } from '../api/types.ts';
import { ME, OTHER, message, mine, participant, room } from '../realtime/fixtures.ts';
import { noticeText, previewText } from './notices.ts';
import { initials, outsiders, roomTitle, sharedNames } from './people.ts';
import { problemText } from './problems.ts';
import { reasonText } from './reasons.ts';
import { dayKey, formatBrief, formatDay, momentOfToday } from './time.ts';

let language: 'en' | 'ja' | 'ko' = 'en';
overwriteGetLocale(() => language);
beforeEach(() => (language = 'en'));

const notice = (change: Partial<Notice>) =>
	message(1, {
		kind: 'notice',
		author: null,
		text: '',
		notice: { type: 'joined', memberIds: [OTHER], names: ['Liam Okafor'], ...change },
	});

describe('time', () => {
	const now = new Date('2026-03-05T12:00:00Z');

	it('names today and yesterday by the local calendar', () => {
		expect(formatDay('2026-03-05T01:00:00Z', 'en', now, 'UTC')).toBe('Today');
		expect(formatDay('2026-03-04T23:00:00Z', 'en', now, 'UTC')).toBe('Yesterday');
		expect(formatDay('2026-03-04T23:00:00Z', 'en', now, 'Asia/Tokyo')).toBe('Today');
		expect(formatDay('2026-03-05T01:00:00Z', 'ja', now, 'UTC')).toBe('今日');
		expect(formatDay('2026-03-04T01:00:00Z', 'ko', now, 'UTC')).toBe('어제');
	});

	it('names yesterday by the calendar where a night lost an hour', () => {
		// Berlin, twenty minutes into the Monday after the clocks were put forward: 24 hours before it was still Saturday.
		const monday = new Date('2026-03-29T22:20:00Z');
		expect(formatDay('2026-03-29T10:00:00Z', 'en', monday, 'Europe/Berlin')).toBe('Yesterday');
		expect(formatDay('2026-03-28T22:30:00Z', 'en', monday, 'Europe/Berlin')).toContain('Saturday');
	});

	it('goes on to another day when one begins where times are shown, and not before', () => {
		const held = new Date('2026-03-05T22:00:00Z');
		const late = new Date('2026-03-05T22:59:59Z');
		const midnight = new Date('2026-03-05T23:00:00Z');
		expect(momentOfToday(held, late, 'Europe/Berlin')).toBe(held);
		expect(momentOfToday(held, midnight, 'Europe/Berlin')).toBe(midnight);
		expect(momentOfToday(held, midnight, 'UTC')).toBe(held);
		// A laptop opened days later, and a clock that was put right.
		const later = new Date('2026-03-09T07:00:00Z');
		expect(momentOfToday(held, later, 'UTC')).toBe(later);
		expect(momentOfToday(later, held, 'UTC')).toBe(held);
		expect(
			formatDay(
				'2026-03-05T22:00:00Z',
				'en',
				momentOfToday(held, midnight, 'Europe/Berlin'),
				'Europe/Berlin',
			),
		).toBe('Yesterday');
	});

	it('gives older days with the weekday', () => {
		expect(formatDay('2026-03-02T01:00:00Z', 'en', now, 'UTC')).toContain('Monday');
	});

	it('is brief in lists', () => {
		expect(formatBrief('2026-03-05T08:30:00Z', 'en', now, 'UTC')).toMatch(/8:30/);
		expect(formatBrief('2026-02-01T08:30:00Z', 'en', now, 'UTC')).toBe('2/1');
		expect(formatBrief('2025-02-01T08:30:00Z', 'en', now, 'UTC')).toBe('2/1/25');
	});

	it('compares days', () => {
		expect(dayKey('2026-03-05T23:00:00Z', 'Asia/Seoul')).toBe('2026-03-06');
	});
});

describe('notices', () => {
	it('tells joining from being added', () => {
		expect(noticeText(notice({}), ME, 'en')).toBe('Liam Okafor joined');
		expect(noticeText(notice({ byId: ME, byName: 'Mina Sato' }), ME, 'en')).toBe('You added Liam Okafor');
		expect(noticeText(notice({ byId: OTHER, byName: 'Liam Okafor' }), ME, 'en')).toBe('Liam Okafor joined');
	});

	it('says you for the reader, in the middle in lower case', () => {
		const removed = notice({
			type: 'removed',
			memberIds: [ME],
			names: ['Mina Sato'],
			byId: OTHER,
			byName: 'Ken',
		});
		expect(noticeText(removed, ME, 'en')).toBe('Ken removed you');
	});

	it('speaks every language', () => {
		language = 'ja';
		expect(noticeText(notice({}), ME, 'ja')).toBe('Liam Okaforさんが参加しました');
		language = 'ko';
		expect(noticeText(notice({}), ME, 'ko')).toBe('Liam Okafor님이 참여했습니다');
	});

	it('falls back to the text of a kind it does not know', () => {
		const unknown = notice({ type: 'pinned' as Notice['type'], text: 'Something was pinned' });
		expect(noticeText(unknown, ME, 'en')).toBe('Something was pinned');
	});

	it('previews with the author only where several write', () => {
		expect(previewText(message(1), ME, 'en', false)).toBe('text 1');
		expect(previewText(message(1), ME, 'en', true)).toBe('Liam Okafor: text 1');
		expect(previewText(message(1, { author: mine }), ME, 'en', true)).toBe('You: text 1');
		expect(previewText(null, ME, 'en', true)).toBe('');
	});
});

describe('people', () => {
	it('has initials in any script', () => {
		expect(initials('Mina Sato')).toBe('MS');
		expect(initials('長谷川 葵')).toBe('長');
		expect(initials('남궁민서')).toBe('남');
		expect(initials('öz')).toBe('Ö');
		// Letters of several code points stay whole: with an accent of its own, from jamo, joined, with a virama.
		expect(initials('o\u0308z')).toBe('O\u0308');
		expect(initials('\u1112\u1161\u11ab\u1100\u1173\u11af')).toBe('\u1112\u1161\u11ab');
		expect(initials('👩‍💻 Bot')).toBe('👩‍💻B');
		expect(initials('क्षमा')).toBe('क्ष');
		expect(initials('  ')).toBe('?');
	});

	it('counts those who read outside my company', () => {
		const r = room({
			participants: [participant(ME), participant('a'), participant('b', { state: 'paused' })],
		});
		expect(outsiders(r)).toMatchObject({ count: 1, companies: ['Borealis Logistics'] });
	});

	it('titles rooms', () => {
		expect(roomTitle(room(), 'en', 'Only you')).toBe('Liam Okafor');
		expect(roomTitle(room({ name: 'Spring' }), 'en', 'Only you')).toBe('Spring');
		expect(roomTitle(room({ kind: 'group', participants: [participant(ME)] }), 'en', 'Only you')).toBe(
			'Only you',
		);
	});

	it('finds names that occur twice', () => {
		expect([...sharedNames([{ name: 'Kim' }, { name: 'Lee' }, { name: 'Kim' }])]).toEqual(['Kim']);
	});
});

describe('refusals', () => {
	it('translate known reasons and keep the text of unknown ones', () => {
		expect(reasonText({ code: 'NETWORK_OFF', side: 'yours', text: 'x', remedy: 'y' }).remedy).toContain(
			'Admin',
		);
		const unknown = {
			code: 'NEW' as Reason['code'],
			side: 'yours',
			text: 'Because.',
			remedy: 'Ask.',
		} as const;
		expect(reasonText(unknown)).toEqual({
			text: 'Because.',
			remedy: 'Ask.',
		});
		// The other side never says more than its one sentence.
		expect(reasonText({ code: 'NETWORK_OFF', side: 'theirs', text: 'raw', remedy: '' }).text).toBe('raw');
	});

	it('become one sentence', () => {
		expect(problemText(new Unreachable())).toBe('The server cannot be reached.');
		expect(problemText(new Problem(429, { code: 'TOO_MANY_ATTEMPTS' }, 90))).toBe(
			'Too many attempts. Please try again in 2 minutes.',
		);
		expect(problemText(new Problem(429, { code: 'X' }, 1))).toContain('1 second.');
		expect(problemText(new Problem(500, { code: 'X', reference: 'abc' }))).toContain('abc');
		expect(
			problemText(
				new Problem(422, { code: 'INVALID', errors: [{ pointer: '/name', code: 'X', text: 'Too long' }] }),
			),
		).toBe('Too long');
	});

	it('read Retry-After as seconds or date', () => {
		const now = Date.parse('2026-01-01T00:00:00Z');
		expect(parseRetryAfter('30', now)).toBe(30);
		expect(parseRetryAfter('Thu, 01 Jan 2026 00:01:00 GMT', now)).toBe(60);
		expect(parseRetryAfter(null, now)).toBeNull();
	});
});
