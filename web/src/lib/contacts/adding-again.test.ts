import { describe, expect, it } from 'vitest';
import type { Contact, Reason } from '../api/types.ts';
import { ME, OTHER, room } from '../realtime/fixtures.ts';
import { canAddAgain, canAddAgainFrom } from './adding-again.ts';
import { contact } from './fixtures.ts';

const since = '2026-11-26T09:00:00.000Z';
const reason = (code: Reason['code'], side: Reason['side']): Reason => ({ code, side, text: '', remedy: '' });
const mine = reason('NOT_LINKED', 'yours');
const theirs = reason('OTHER_SIDE', 'theirs');

describe('b18 adding once more brings back what I ended', () => {
	const ended = (change: Partial<Contact> = {}, ...reasons: Reason[]): Contact =>
		contact({
			kind: 'partner',
			owner: { id: ME, name: 'Mina Sato' },
			outsideMemberId: OTHER,
			roomId: 'room_1',
			link: { state: 'ended', since, reasons: reasons.length > 0 ? reasons : [mine] },
			...change,
		});

	it('b18_offered_where_i_ended_the_link_also_while_another_rule_is_in_the_way', () => {
		expect(canAddAgain(ended(), ME)).toBe(true);
		expect(canAddAgain(ended({}, mine, reason('NOT_GRANTED', 'yours')), ME)).toBe(true);
		expect(canAddAgain(ended({}, mine, theirs), ME)).toBe(true);
	});

	it('b16_not_offered_where_the_other_side_ended_it', () => {
		expect(canAddAgain(ended({}, theirs), ME)).toBe(false);
		expect(canAddAgain(ended({}, reason('NOT_GRANTED', 'yours'), theirs), ME)).toBe(false);
	});

	it('b18_not_offered_while_live_or_frozen_for_another_reason_nor_in_a_plain_contact', () => {
		expect(canAddAgain(ended({ link: { state: 'live', since, reasons: [] } }), ME)).toBe(false);
		expect(canAddAgain(ended({ link: { state: 'frozen', since, reasons: [theirs] } }), ME)).toBe(false);
		expect(canAddAgain(contact({ owner: { id: ME, name: 'Mina Sato' } }), ME)).toBe(false);
	});

	it('b17_what_is_in_the_trash_is_restored_instead', () => {
		expect(canAddAgain(ended({ state: 'trashed' }), ME)).toBe(false);
	});

	it('b14_a_colleagues_link_is_the_colleagues', () => {
		expect(canAddAgain(ended(), 'member_kenji')).toBe(false);
		expect(canAddAgain(ended({ outsideMemberId: null, roomId: null }), ME)).toBe(false);
	});

	it('b18_the_frozen_direct_room_offers_the_same', () => {
		const saved = { saved: true, contactId: 'contact_1', blockId: null };
		const frozen = (...reasons: Reason[]) =>
			room({ state: { status: 'frozen', since, reasons }, contact: saved });
		expect(canAddAgainFrom(frozen(mine))).toBe(true);
		expect(canAddAgainFrom(frozen(theirs))).toBe(false);
		expect(canAddAgainFrom({ ...frozen(mine), kind: 'group', contact: null })).toBe(false);
		// Not saved, or in the trash: the bar offers to add them as ever. Blocked: it offers to unblock them.
		expect(canAddAgainFrom({ ...frozen(mine), contact: { ...saved, saved: false } })).toBe(false);
		expect(canAddAgainFrom({ ...frozen(mine), contact: { ...saved, blockId: 'block_1' } })).toBe(false);
	});
});
