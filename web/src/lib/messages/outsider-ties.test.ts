import { expect, it } from 'vitest';
import type { Block, Room } from '../api/types.ts';
import { OTHER, participant, room } from '../realtime/fixtures.ts';
import { tieTo } from './outsider-ties.ts';

const block = (id: string) => ({ id, memberId: OTHER }) as Block;
const direct = (contact: Room['contact']) => room({ contact });

it('b9_nobody_is_added_or_blocked_twice_from_a_group', () => {
	expect(tieTo(OTHER, [], [])).toEqual({ contactId: null, blockId: null });
	expect(tieTo(OTHER, [direct({ saved: true, contactId: 'contact_1' })], [])).toEqual({
		contactId: 'contact_1',
		blockId: null,
	});
	expect(tieTo(OTHER, [direct({ saved: false, blockId: 'block_1' })], [])).toEqual({
		contactId: null,
		blockId: 'block_1',
	});
	const group = room({ kind: 'group', participants: [participant(OTHER)] });
	expect(tieTo(OTHER, [group], [block('block_2')])).toEqual({ contactId: null, blockId: 'block_2' });
});

it('b9_a_block_that_has_ended_meanwhile_is_no_longer_there', () => {
	expect(tieTo(OTHER, [direct({ saved: false, blockId: null })], [block('block_1')]).blockId).toBeNull();
});
