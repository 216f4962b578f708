import { expect, it } from 'vitest';
import { safeNext, signInAddress } from '../frame/next-page.ts';
import { flatten } from './audit-text.ts';
import { parseDomains } from './domains.ts';
import { endOfDay, lastDay } from './terms.ts';

it('reads domain lists as people paste them', () => {
	expect(parseDomains('Borealis.example, @sejong.example\nborealis.example\n')).toEqual({
		domains: ['borealis.example', 'sejong.example'],
		wrong: [],
	});
	expect(parseDomains('not a domain!').wrong).toEqual(['not', 'a', 'domain!']);
	expect(parseDomains('日本.example').domains).toEqual(['日本.example']);
});

it('ends a term at local midnight after the picked day', () => {
	const end = endOfDay('2026-03-31');
	expect(new Date(end).getDate()).toBe(1);
	expect(new Date(lastDay(end)).getDate()).toBe(31);
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
