import type { Message, MessagePage, Room } from '../api/types.ts';
import { inRanges, visibleBetween } from './ranges.ts';

/** A message of mine that the server has not confirmed. */
export interface Pending {
	clientId: string;
	text: string;
	queuedAt: string;
	state: 'sending' | 'failed';
	/** Why it failed; null while sending or when the server could not be reached. */
	problem: { code: string; message: string } | null;
}

export interface Thread {
	/** Ascending by seq, without duplicates: one uninterrupted stretch of what the viewer may see. */
	messages: Message[];
	hasMoreBefore: boolean;
	hasMoreAfter: boolean;
	/** A number was skipped: fetch what follows the last held message before adding more. */
	behind: boolean;
}

export interface ClientState {
	rooms: Record<string, Room>;
	threads: Record<string, Thread>;
	pending: Record<string, Pending[]>;
	/** Messages that arrived before the room they belong to. */
	orphans: Record<string, Message[]>;
	/** Per room: who is typing, and until when (epoch milliseconds) to believe it. */
	typing: Record<string, Record<string, number>>;
}

/** Messages held per room; only those in view are drawn. Others are fetched again when scrolled to. */
export const THREAD_LIMIT = 10_000;
export const TYPING_FOR = 6_000;

export const emptyState = (): ClientState => ({
	rooms: {},
	threads: {},
	pending: {},
	orphans: {},
	typing: {},
});

const without = <T>(record: Record<string, T>, key: string): Record<string, T> => {
	if (!(key in record)) return record;
	const { [key]: _gone, ...rest } = record;
	return rest;
};

export function applyRooms(state: ClientState, rooms: Room[], myId: string): ClientState {
	// Most rooms of a long list are nothing but an entry: they are put in at once, or ten thousand would take seconds.
	const isEntry = (room: Room) =>
		!state.threads[room.id] && !state.orphans[room.id] && room.participants.some((p) => p.you);
	const entries: Record<string, Room> = {};
	for (const room of rooms) if (isEntry(room)) entries[room.id] = withNewerFacts(room, state.rooms[room.id]);
	return rooms
		.filter((room) => !(room.id in entries))
		.reduce((next, room) => applyRoom(next, room, myId), { ...state, rooms: { ...state.rooms, ...entries } });
}

/** The server may have described the room before my last message, or my reading, had got there. */
function withNewerFacts(room: Room, held: Room | undefined): Room {
	if (!held) return room;
	if (held.lastSeq > room.lastSeq && inRanges(room.ranges, held.lastSeq)) {
		const { lastSeq, lastMessage, lastAt, unreadCount } = held;
		const readSeq = Math.max(held.readSeq, room.readSeq);
		return { ...room, lastSeq, lastMessage, lastAt, readSeq, unreadCount };
	}
	if (held.readSeq > room.readSeq) {
		const after = visibleBetween(room.ranges, held.readSeq, room.lastSeq + 1);
		return { ...room, readSeq: held.readSeq, unreadCount: Math.min(room.unreadCount, after) };
	}
	return room;
}

/** The whole room as the viewer sees it now. */
export function applyRoom(state: ClientState, told: Room, myId: string): ClientState {
	const room = withNewerFacts(told, state.rooms[told.id]);
	if (!room.participants.some((p) => p.you)) return removeRoom(state, room.id);

	let next: ClientState = { ...state, rooms: { ...state.rooms, [room.id]: room } };
	const thread = next.threads[room.id];
	if (thread) {
		// Ranges may have closed (a company that hides what was delivered) or opened again.
		const messages = thread.messages.filter((message) => inRanges(room.ranges, message.seq));
		const last = messages.at(-1)?.seq ?? 0;
		const behind =
			thread.behind || (!thread.hasMoreAfter && visibleBetween(room.ranges, last, room.lastSeq + 1) > 0);
		next = {
			...next,
			threads: { ...next.threads, [room.id]: { ...thread, messages, behind } },
		};
	}
	const waiting = next.orphans[room.id];
	if (waiting) {
		next = { ...next, orphans: without(next.orphans, room.id) };
		for (const message of waiting) next = applyMessage(next, message, myId);
	}
	return next;
}

export function removeRoom(state: ClientState, roomId: string): ClientState {
	return {
		rooms: without(state.rooms, roomId),
		threads: without(state.threads, roomId),
		pending: without(state.pending, roomId),
		orphans: without(state.orphans, roomId),
		typing: without(state.typing, roomId),
	};
}

/** Whether messages between the room's last one and this one have not arrived. */
export function skips(state: ClientState, message: Message): boolean {
	const room = state.rooms[message.roomId];
	return room !== undefined && visibleBetween(room.ranges, room.lastSeq, message.seq) > 0;
}

export function applyMessage(state: ClientState, message: Message, myId: string): ClientState {
	const room = state.rooms[message.roomId];
	if (!room) {
		const waiting = state.orphans[message.roomId] ?? [];
		if (waiting.some((m) => m.seq === message.seq)) return state;
		return { ...state, orphans: { ...state.orphans, [message.roomId]: [...waiting, message] } };
	}
	if (!inRanges(room.ranges, message.seq)) return state;

	let next = state;
	if (message.author?.id === myId && message.clientId) {
		next = dropPending(next, room.id, message.clientId);
	}
	if (message.author) next = stopTyping(next, room.id, message.author.id);

	const thread = next.threads[room.id];
	if (thread) {
		const grown = appendLive(thread, message, room);
		if (grown !== thread) next = { ...next, threads: { ...next.threads, [room.id]: grown } };
	}
	if (message.seq > room.lastSeq) {
		const counts = message.kind === 'message' && message.author?.id !== myId && message.seq > room.readSeq;
		next = {
			...next,
			rooms: {
				...next.rooms,
				[room.id]: {
					...room,
					lastMessage: message,
					lastSeq: message.seq,
					unreadCount: room.unreadCount + (counts ? 1 : 0),
				},
			},
		};
	}
	return next;
}

function appendLive(thread: Thread, message: Message, room: Room): Thread {
	// The end of the thread is not loaded, or a hole is being fetched: this message comes with that page.
	if (thread.hasMoreAfter || thread.behind) return thread;
	const last = thread.messages.at(-1)?.seq ?? 0;
	if (message.seq <= last) return thread;
	if (last > 0 && visibleBetween(room.ranges, last, message.seq) > 0) return { ...thread, behind: true };
	return { ...thread, messages: [...thread.messages, message] };
}

export function applyRead(
	state: ClientState,
	roomId: string,
	memberId: string,
	seq: number,
	myId: string,
): ClientState {
	const room = state.rooms[roomId];
	if (!room) return state;
	const participants = room.participants.map((p) =>
		p.id === memberId && seq > (p.readSeq ?? 0) ? { ...p, readSeq: seq } : p,
	);
	let mine = {};
	if (memberId === myId && seq > room.readSeq) {
		const after = (state.threads[roomId]?.messages ?? []).filter(
			(m) => m.seq > seq && m.kind === 'message' && m.author?.id !== myId,
		).length;
		mine = {
			readSeq: seq,
			unreadCount: seq >= room.lastSeq ? 0 : Math.min(room.unreadCount, Math.max(after, 0)),
		};
	}
	return { ...state, rooms: { ...state.rooms, [roomId]: { ...room, participants, ...mine } } };
}

export function applyTyping(state: ClientState, roomId: string, memberId: string, now: number): ClientState {
	if (!state.rooms[roomId]) return state;
	const typing = { ...state.typing[roomId], [memberId]: now + TYPING_FOR };
	return { ...state, typing: { ...state.typing, [roomId]: typing } };
}

/** Forgets typing marks that ran out; the same object when there was nothing to forget. */
export function expireTyping(state: ClientState, now: number): ClientState {
	let changed = false;
	const typing: ClientState['typing'] = {};
	for (const [roomId, members] of Object.entries(state.typing)) {
		const kept = Object.entries(members).filter(([, until]) => until > now);
		if (kept.length !== Object.keys(members).length) changed = true;
		if (kept.length > 0) typing[roomId] = Object.fromEntries(kept);
	}
	return changed ? { ...state, typing } : state;
}

function stopTyping(state: ClientState, roomId: string, memberId: string): ClientState {
	const members = state.typing[roomId];
	if (!members || !(memberId in members)) return state;
	return { ...state, typing: { ...state.typing, [roomId]: without(members, memberId) } };
}

export type PageSide = 'newest' | 'before' | 'after';

/** A fetched page. The far end is cut so that no more than THREAD_LIMIT messages are held. */
export function applyPage(
	state: ClientState,
	roomId: string,
	page: MessagePage,
	side: PageSide,
	limit = THREAD_LIMIT,
): ClientState {
	const held = state.threads[roomId];
	const bySeq = new Map<number, Message>();
	// The newest page replaces what was held: between the two there may be messages nobody fetched.
	for (const m of side === 'newest' ? [] : (held?.messages ?? [])) bySeq.set(m.seq, m);
	for (const m of page.items) bySeq.set(m.seq, m);
	let messages = [...bySeq.values()].sort((a, b) => a.seq - b.seq);
	let hasMoreBefore = side === 'after' ? (held?.hasMoreBefore ?? page.hasMoreBefore) : page.hasMoreBefore;
	let hasMoreAfter = side === 'before' ? (held?.hasMoreAfter ?? page.hasMoreAfter) : page.hasMoreAfter;
	if (messages.length > limit) {
		if (side === 'before') {
			messages = messages.slice(0, limit);
			hasMoreAfter = true;
		} else {
			messages = messages.slice(-limit);
			hasMoreBefore = true;
		}
	}
	// What arrived while this page was under way was left to it, and the page may have been read before that.
	const room = state.rooms[roomId];
	const missing =
		room !== undefined &&
		!hasMoreAfter &&
		visibleBetween(room.ranges, messages.at(-1)?.seq ?? 0, room.lastSeq + 1) > 0;
	const behind = side === 'before' ? (held?.behind ?? false) : missing;
	let next: ClientState = {
		...state,
		threads: { ...state.threads, [roomId]: { messages, hasMoreBefore, hasMoreAfter, behind } },
	};
	for (const m of page.items) if (m.clientId) next = dropPending(next, roomId, m.clientId);
	return next;
}

/** Cuts old messages off while the viewer is at the bottom, so that a busy room stays light. */
export function trimThread(state: ClientState, roomId: string, limit = THREAD_LIMIT): ClientState {
	const thread = state.threads[roomId];
	if (!thread || thread.messages.length <= limit) return state;
	const trimmed = { ...thread, messages: thread.messages.slice(-limit), hasMoreBefore: true };
	return { ...state, threads: { ...state.threads, [roomId]: trimmed } };
}

export function addPending(state: ClientState, roomId: string, pending: Pending): ClientState {
	const list = state.pending[roomId] ?? [];
	return { ...state, pending: { ...state.pending, [roomId]: [...list, pending] } };
}

export function updatePending(
	state: ClientState,
	roomId: string,
	clientId: string,
	change: Partial<Pending>,
): ClientState {
	const list = state.pending[roomId];
	if (!list?.some((p) => p.clientId === clientId)) return state;
	const changed = list.map((p) => (p.clientId === clientId ? { ...p, ...change } : p));
	return { ...state, pending: { ...state.pending, [roomId]: changed } };
}

export function dropPending(state: ClientState, roomId: string, clientId: string): ClientState {
	const list = state.pending[roomId];
	if (!list?.some((p) => p.clientId === clientId)) return state;
	const kept = list.filter((p) => p.clientId !== clientId);
	return {
		...state,
		pending: kept.length > 0 ? { ...state.pending, [roomId]: kept } : without(state.pending, roomId),
	};
}

/** After a resync everything the server owns goes; what I wrote and could not send stays. */
export const afterResync = (state: ClientState): ClientState => ({
	...emptyState(),
	pending: state.pending,
});

/** Newest activity first. */
export function sortRooms(rooms: Room[]): Room[] {
	const key = (room: Room) => room.lastMessage?.sentAt ?? room.lastAt;
	return [...rooms].sort((a, b) => (key(a) < key(b) ? 1 : key(a) > key(b) ? -1 : a.id < b.id ? 1 : -1));
}
