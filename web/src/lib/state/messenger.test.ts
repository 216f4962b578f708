import { beforeEach, expect, it } from 'vitest';
import type { Api } from '#lib/api/client.ts';
import type { Room } from '#lib/api/types.ts';
import type { SocketLike } from '#lib/realtime/connection.ts';
import { ME, message, room } from '#lib/realtime/fixtures.ts';
import type { ContactBook } from './contact-book.svelte.ts';
import { Messenger } from './messenger.svelte.ts';
import type { Session } from './session.svelte.ts';

/** Answers wait until the test gives them. */
let lists: ((rooms: Room[]) => void)[];
let asked: string[];
let socket: SocketLike;
let messenger: Messenger;

const settled = async () => {
	for (let turn = 0; turn < 10; turn++) await Promise.resolve();
};
const says = async (frame: unknown) => {
	socket.onmessage?.({ data: JSON.stringify(frame) });
	await settled();
};
const answer = async (at: number, rooms: Room[]) => {
	lists[at]!(rooms);
	await settled();
};
const shown = () => messenger.rooms.map((one) => one.id).sort();

beforeEach(() => {
	lists = [];
	asked = [];
	const rooms = {
		list: () => new Promise((give) => lists.push((items) => give({ items, nextCursor: null }))),
		messages: (id: string) => {
			asked.push(id);
			return Promise.resolve({ items: [message(asked.length)], hasMoreBefore: false, hasMoreAfter: false });
		},
		get: (id: string) => Promise.resolve(room({ id, lastSeq: 1 })),
	};
	messenger = new Messenger(
		{ rooms } as unknown as Api,
		{ known: { id: ME }, ended: () => {}, loadReports: async () => {} } as unknown as Session,
		{ clear: () => {}, put: () => {} } as unknown as ContactBook,
		{
			openSocket: () => (socket = { send() {}, close() {} } as unknown as SocketLike),
			setTimer: () => 0,
			clearTimer: () => {},
			random: () => 0,
		},
	);
	messenger.start();
});

it('rooms are shown before the connection is there', async () => {
	await answer(0, [room({ id: 'room_1' })]);
	expect(shown()).toEqual(['room_1']);
	expect(messenger.loading).toBe('ready');
});

it('a room lost before the connection began goes, one that a frame brought stays', async () => {
	await answer(0, [room({ id: 'room_1' }), room({ id: 'room_2' }), room({ id: 'room_3' })]);
	await says({ op: 'ready', cursor: 'g.1' });
	await says({ op: 'room', room: room({ id: 'room_3', lastSeq: 1 }), cursor: 'g.2' });
	await answer(1, [room({ id: 'room_1' })]);
	expect(shown()).toEqual(['room_1', 'room_3']);
});

it('what was asked for before the connection says nothing after it', async () => {
	await says({ op: 'ready', cursor: 'g.1' });
	await answer(1, [room({ id: 'room_1' })]);
	await answer(0, [room({ id: 'room_1' }), room({ id: 'room_gone' })]);
	expect(shown()).toEqual(['room_1']);
});

it('a message sent between the thread and the connection is fetched', async () => {
	await messenger.open('room_1');
	expect(asked).toEqual(['room_1']);
	await says({ op: 'ready', cursor: 'g.1' });
	await answer(1, [room({ id: 'room_1', lastSeq: 2 })]);
	expect(asked.length).toBeGreaterThan(1);
});
