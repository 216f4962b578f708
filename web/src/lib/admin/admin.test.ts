import { expect, it } from 'vitest';
import type { Member } from '../api/types.ts';
import { safeNext, signInAddress } from '../frame/next-page.ts';
import { dayKey } from '../format/time.ts';
import { flatten } from './audit-text.ts';
import { parseDomains } from './domains.ts';
import { signInText } from './sign-in-text.ts';
import { endOfDay, lastDay } from './terms.ts';

it('reads domain lists as people paste them', () => {
	expect(parseDomains('Borealis.example, @sejong.example\nborealis.example\n')).toEqual({
		domains: ['borealis.example', 'sejong.example'],
		wrong: [],
	});
	expect(parseDomains('not a domain!').wrong).toEqual(['not', 'a', 'domain!']);
	expect(parseDomains('日本.example').domains).toEqual(['日本.example']);
});

it('ends a term at midnight after the picked day, where the company is', () => {
	const end = endOfDay('2026-03-31', 'Asia/Tokyo');
	expect(end).toBe('2026-03-31T15:00:00.000Z');
	expect(dayKey(lastDay(end), 'Asia/Tokyo')).toBe('2026-03-31');
	expect(endOfDay('2026-03-31', 'America/Toronto')).toBe('2026-04-01T04:00:00.000Z');
});

it('lists the particulars of an audit entry', () => {
	expect(flatten({ network: 'partner', after: { domains: ['a', 'b'], none: null } })).toEqual([
		{ name: 'network', value: 'partner' },
		{ name: 'after.domains', value: 'a, b' },
	]);
	expect(flatten('member_1', 'target')).toEqual([{ name: 'target', value: 'member_1' }]);
});

it('comes back only to pages of its own', () => {
	expect(safeNext('/messages/room_1')).toBe('/messages/room_1');
	expect(safeNext('//evil.example')).toBe('/messages');
	expect(safeNext('/\\evil.example')).toBe('/messages');
	expect(safeNext('https://evil.example')).toBe('/messages');
	expect(safeNext('/sign-in?next=/x')).toBe('/messages');
	expect(signInAddress({ pathname: '/contacts', search: '?section=all' })).toBe(
		'/sign-in?next=%2Fcontacts%3Fsection%3Dall',
	);
});

it('says how far a link to set a password got, and nothing where all is well', () => {
	const link = { purpose: 'first', state: 'open', mail: 'queued', mailError: null };
	const times = { mailAt: '2026-01-05T09:00:00.000Z', expiresAt: '2026-01-12T09:00:00.000Z' };
	const told = (hasPassword: boolean, change: object | null, status = 'active') => {
		const signIn = { hasPassword, link: change && { ...link, ...times, ...change } };
		return signInText({ status, signIn } as Member, 'en');
	};
	expect(told(true, null)).toBeNull();
	expect(told(true, { state: 'used', mail: 'sent' })).toBeNull();
	expect(told(false, {}, 'suspended')).toBeNull();
	expect(told(false, null)?.text).toBe('No password yet');
	expect(told(false, {})?.text).toBe('No password yet · Link waiting to be sent');
	expect(told(false, { mailError: 'away' })?.text).toMatch(/not sent yet/);
	expect(told(false, { mail: 'sent' })?.text).toMatch(/Link sent .*2026/);
	expect(told(false, { mail: 'failed' })).toMatchObject({ bad: true });
	expect(told(false, { mail: 'sent', state: 'expired' })).toMatchObject({ bad: true });
	expect(told(true, { mail: 'sent', state: 'expired' })).toBeNull();
	expect(told(true, { purpose: 'reset' })?.text).toBe('Link waiting to be sent');
});
