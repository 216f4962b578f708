import { expect, it } from 'vitest';
import { rustWords } from '../../../scripts/rust-words.js';
import type { AuditEntry } from '../api/types.ts';
import { actionText, fieldText } from './audit-text.ts';

const entry = (action: string, actor: string | null = null, details: object = {}) =>
	({ action, actor: actor ? { id: actor, name: 'Mina Sato' } : null, details }) as AuditEntry;

it('a12_every_act_that_the_server_enters_has_words', () => {
	const acts = rustWords(['app/src'], /^[a-z]+[A-Za-z]*\.[a-z]+[A-Za-z]*$/);
	expect(acts).toContain('invitation.accepted');
	expect(acts.length).toBeGreaterThan(50);
	expect(acts.filter((act) => actionText(entry(act)) === act)).toEqual([]);
	// Planted: what has no words is shown as it is, and found.
	expect(actionText(entry('moon.landed'))).toBe('moon.landed');
});

it('a12_leaving_a_room_is_told_from_being_taken_out', () => {
	const left = (actor: string | null, details: object) => actionText(entry('room.left', actor, details));
	expect(left('member_1', { memberIds: ['member_1'] })).toBe('left a room');
	expect(left('member_1', { memberIds: ['member_2'] })).toBe('took somebody out of a room');
	// In the log of another company neither is said.
	expect(left(null, {})).toBe('recorded that somebody is no longer in a room');
});

it('a12_particulars_are_called_by_words_and_unknown_ones_by_their_name', () => {
	expect(fieldText('target')).toBe('Target');
	expect(fieldText('after.partners.domains')).toBe('After › Which companies › Company domains');
	expect(fieldText('before.newThing.0')).toBe('Before › newThing › 0');
});
