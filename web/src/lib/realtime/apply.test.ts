import { describe, expect, it } from 'vitest';
import * as a from './apply.ts';
import { ME, OTHER, message, mine, participant, room } from './fixtures.ts';

const start = (change = {}) => a.applyRoom(a.emptyState(), room(change), ME);
const withThread = (seqs: number[], change = {}) =>
	a.applyPage(
		start({ lastSeq: seqs.at(-1) ?? 0, ...change }),
		'room_1',
		{ items: seqs.map((seq) => message(seq)), hasMoreBefore: false, hasMoreAfter: false },
		'newest',
	);
const seqs = (state: a.ClientState) => state.threads.room_1?.messages.map((m) => m.seq);

describe('messages', () => {
	it('appends, counts as unread and becomes the last message', () => {
		const state = a.applyMessage(withThread([1]), message(2), ME);
		expect(seqs(state)).toEqual([1, 2]);
		expect(state.rooms.room_1).toMatchObject({ lastSeq: 2, unreadCount: 1, lastMessage: { seq: 2 } });
	});

	it('drops duplicates', () => {
		const once = a.applyMessage(withThread([1]), message(2), ME);
		const twice = a.applyMessage(once, message(2), ME);
		expect(seqs(twice)).toEqual([1, 2]);
		expect(twice.rooms.room_1?.unreadCount).toBe(1);
	});

	it('ignores what lies outside the visible ranges', () => {
		const state = withThread([1], { ranges: [{ from: 1, to: 1 }] });
		expect(a.applyMessage(state, message(2), ME)).toBe(state);
	});

	it('keeps a message that comes before its room', () => {
		let state = a.applyMessage(a.emptyState(), message(1), ME);
		state = a.applyMessage(state, message(1), ME);
		expect(state.rooms).toEqual({});
		state = a.applyRoom(state, room(), ME);
		expect(state.orphans).toEqual({});
		expect(state.rooms.room_1).toMatchObject({ lastSeq: 1, unreadCount: 1 });
	});

	it('does not count an early message twice when the room already knows it', () => {
		const early = a.applyMessage(a.emptyState(), message(1), ME);
		const state = a.applyRoom(early, room({ lastSeq: 1, unreadCount: 1 }), ME);
		expect(state.rooms.room_1?.unreadCount).toBe(1);
	});

	it('marks the thread as behind instead of hiding a hole', () => {
		const state = a.applyMessage(withThread([1]), message(4), ME);
		expect(seqs(state)).toEqual([1]);
		expect(state.threads.room_1?.behind).toBe(true);
		expect(state.rooms.room_1?.lastSeq).toBe(4);
	});

	it('does not take closed numbers for a hole', () => {
		const ranges = [
			{ from: 1, to: 1 },
			{ from: 4, to: null },
		];
		expect(seqs(a.applyMessage(withThread([1], { ranges }), message(4), ME))).toEqual([1, 4]);
	});

	it('counts neither my own messages nor notices', () => {
		let state = a.applyMessage(withThread([1]), message(2, { author: mine }), ME);
		state = a.applyMessage(state, message(3, { kind: 'notice', author: null }), ME);
		expect(state.rooms.room_1?.unreadCount).toBe(0);
	});

	it('does not append while the end of the thread is not loaded', () => {
		let state = a.applyPage(
			start({ lastSeq: 9 }),
			'room_1',
			{ items: [message(1)], hasMoreBefore: false, hasMoreAfter: true },
			'newest',
		);
		state = a.applyMessage(state, message(10), ME);
		expect(seqs(state)).toEqual([1]);
	});

	it('ends the typing mark of its author', () => {
		let state = a.applyTyping(withThread([]), 'room_1', OTHER, 1_000);
		state = a.applyMessage(state, message(1), ME);
		expect(state.typing.room_1).toEqual({});
	});
});

describe('pending messages', () => {
	const pending: a.Pending = { clientId: 'c1', text: 'hi', queuedAt: '', state: 'sending', problem: null };

	it('go when the confirmed message arrives, by whatever way', () => {
		const queued = a.addPending(withThread([1]), 'room_1', pending);
		const confirmed = message(2, { author: mine, clientId: 'c1' });
		expect(a.applyMessage(queued, confirmed, ME).pending.room_1).toBeUndefined();
		const page = { items: [confirmed], hasMoreBefore: false, hasMoreAfter: false };
		expect(a.applyPage(queued, 'room_1', page, 'after').pending.room_1).toBeUndefined();
	});

	it('stay when someone else used the same client id', () => {
		const queued = a.addPending(withThread([1]), 'room_1', pending);
		expect(a.applyMessage(queued, message(2, { clientId: 'c1' }), ME).pending.room_1).toHaveLength(1);
	});

	it('survive a resync, unlike everything the server owns', () => {
		const queued = a.addPending(withThread([1]), 'room_1', pending);
		const state = a.afterResync(queued);
		expect(state.rooms).toEqual({});
		expect(state.pending.room_1).toHaveLength(1);
	});

	it('change only where they exist', () => {
		const state = withThread([1]);
		expect(a.updatePending(state, 'room_1', 'c1', { state: 'failed' })).toBe(state);
	});
});

describe('rooms', () => {
	it('go when I have left', () => {
		const state = a.applyRoom(withThread([1]), room({ participants: [participant(OTHER)] }), ME);
		expect(state.rooms).toEqual({});
		expect(state.threads).toEqual({});
	});

	it('keep what is newer than their description', () => {
		const before = a.applyMessage(withThread([1]), message(2), ME);
		const after = a.applyRoom(before, room({ name: 'Spring', lastSeq: 1, unreadCount: 0 }), ME);
		expect(after.rooms.room_1).toMatchObject({ name: 'Spring', lastSeq: 2, unreadCount: 1 });
		expect(seqs(after)).toEqual([1, 2]);
	});

	it('stay read where the server has not heard of it yet', () => {
		const read = a.applyRead(withThread([1, 2, 3], { unreadCount: 3 }), 'room_1', ME, 3, ME);
		const state = a.applyRoom(read, room({ lastSeq: 4, readSeq: 0, unreadCount: 4 }), ME);
		expect(state.rooms.room_1).toMatchObject({ lastSeq: 4, readSeq: 3, unreadCount: 1 });
	});

	it('follow the server where it hides what was there', () => {
		const state = a.applyRoom(withThread([1, 2]), room({ ranges: [], lastSeq: 0 }), ME);
		expect(state.rooms.room_1?.lastSeq).toBe(0);
	});

	it('lose messages whose range was closed', () => {
		const state = a.applyRoom(withThread([1, 2]), room({ ranges: [], lastSeq: 2 }), ME);
		expect(seqs(state)).toEqual([]);
	});

	it('that frames moved on are not set back by an older listing', () => {
		const moved = a.applyMessage(start(), message(1), ME);
		const state = a.applyRooms(moved, [room({ lastSeq: 0 })], ME);
		expect(state.rooms.room_1?.lastSeq).toBe(1);
	});

	it('tell when the thread misses something', () => {
		const state = a.applyRoom(withThread([1]), room({ lastSeq: 3 }), ME);
		expect(state.threads.room_1?.behind).toBe(true);
	});

	it('come in by the thousand', () => {
		// Copying what is held for every single room would make this a hundred million copies.
		const all = Array.from({ length: 10_000 }, (_, index) => room({ id: `room_${index}` }));
		const state = a.applyRooms(a.emptyState(), all, ME);
		expect(Object.keys(state.rooms)).toHaveLength(10_000);
		expect(
			a.applyRooms(state, [room({ id: 'room_7', participants: [participant(OTHER)] })], ME).rooms,
		).not.toHaveProperty('room_7');
	}, 2_000);

	it('are sorted by their last message', () => {
		const old = room({ id: 'a', lastMessage: message(1) });
		const fresh = room({ id: 'b', lastMessage: message(5) });
		expect(a.sortRooms([old, fresh]).map((r) => r.id)).toEqual(['b', 'a']);
	});
});

describe('reading', () => {
	it('moves marks forward only', () => {
		let state = a.applyRead(withThread([1, 2]), 'room_1', OTHER, 2, ME);
		state = a.applyRead(state, 'room_1', OTHER, 1, ME);
		expect(state.rooms.room_1?.participants[1]?.readSeq).toBe(2);
	});

	it('of mine clears the count, or leaves what came after', () => {
		const state = withThread([1, 2, 3], { unreadCount: 3 });
		expect(a.applyRead(state, 'room_1', ME, 3, ME).rooms.room_1?.unreadCount).toBe(0);
		expect(a.applyRead(state, 'room_1', ME, 1, ME).rooms.room_1?.unreadCount).toBe(2);
	});
});

describe('pages', () => {
	const page = (from: number, to: number, before = true, after = false) => ({
		items: Array.from({ length: to - from + 1 }, (_, i) => message(from + i)),
		hasMoreBefore: before,
		hasMoreAfter: after,
	});

	it('join at both ends without duplicates', () => {
		let state = a.applyPage(start({ lastSeq: 20 }), 'room_1', page(11, 20), 'newest');
		state = a.applyPage(state, 'room_1', page(5, 11, false), 'before');
		expect(seqs(state)?.[0]).toBe(5);
		expect(seqs(state)).toHaveLength(16);
		expect(state.threads.room_1).toMatchObject({ hasMoreBefore: false, hasMoreAfter: false });
	});

	it('cut the far end when there are too many', () => {
		let state = a.applyPage(start({ lastSeq: 20 }), 'room_1', page(11, 20), 'newest');
		state = a.applyPage(state, 'room_1', page(1, 10, false), 'before', 15);
		expect(seqs(state)?.at(-1)).toBe(15);
		expect(state.threads.room_1?.hasMoreAfter).toBe(true);
		state = a.applyPage(state, 'room_1', page(16, 20), 'after', 15);
		expect(seqs(state)?.[0]).toBe(6);
		expect(state.threads.room_1?.hasMoreBefore).toBe(true);
	});

	it('leave a thread behind that grew while the page was under way', () => {
		// 2 and 3 were missed; 4 comes by itself after the server has read the page and before it is here.
		let state = a.applyRoom(withThread([1]), room({ lastSeq: 3 }), ME);
		state = a.applyMessage(state, message(4), ME);
		state = a.applyPage(state, 'room_1', page(2, 3, false), 'after');
		expect(seqs(state)).toEqual([1, 2, 3]);
		expect(state.threads.room_1?.behind).toBe(true);
		state = a.applyPage(state, 'room_1', page(4, 4, false), 'after');
		expect(seqs(state)).toEqual([1, 2, 3, 4]);
		expect(state.threads.room_1?.behind).toBe(false);
	});

	it('heal a thread that was behind', () => {
		const behind = a.applyMessage(withThread([1]), message(3), ME);
		const state = a.applyPage(behind, 'room_1', page(2, 3, false), 'after');
		expect(seqs(state)).toEqual([1, 2, 3]);
		expect(state.threads.room_1?.behind).toBe(false);
	});
});

describe('typing', () => {
	it('runs out', () => {
		const state = a.applyTyping(start(), 'room_1', OTHER, 1_000);
		expect(a.expireTyping(state, 2_000)).toBe(state);
		expect(a.expireTyping(state, 1_000 + a.TYPING_FOR).typing).toEqual({});
	});
});
