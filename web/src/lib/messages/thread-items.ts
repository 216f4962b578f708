import type { Message, Room } from '../api/types.ts';
import type { Pending } from '../realtime/apply.ts';
import { hasGap } from '../realtime/ranges.ts';

/**
 * What the thread shows from top to bottom, one row each. Keys stay the same between renders so that nothing is drawn
 * twice: a message of mine keeps the key it had while it was being sent.
 */
export type ThreadItem =
	| { type: 'date'; key: string; at: string }
	| { type: 'unread'; key: string }
	| { type: 'gap'; key: string }
	| { type: 'notice'; key: string; message: Message }
	| {
			type: 'message';
			key: string;
			message: Message;
			mine: boolean;
			/** Begins a group: the author stands above it. */
			first: boolean;
			/** Ends a group: the time stands beside it. */
			last: boolean;
	  }
	| { type: 'pending'; key: string; pending: Pending };

/** Messages of one author within this time stand under one name. */
const GROUP_WITHIN = 5 * 60_000;

export interface ThreadItemsInput {
	messages: Message[];
	pending: Pending[];
	room: Pick<Room, 'ranges'>;
	myId: string;
	/** Everything after this was unread when the room was opened. */
	unreadAfter: number | null;
	/** Calendar day in the viewer's time zone, as something comparable. */
	dayOf: (iso: string) => string;
}

export function buildThreadItems(input: ThreadItemsInput): ThreadItem[] {
	const { messages, pending, room, myId, unreadAfter, dayOf } = input;
	const items: ThreadItem[] = [];
	let previous: Message | null = null;
	let unreadShown = false;
	let previousDay = '';

	for (const message of messages) {
		let interrupted = previous === null;
		const day = dayOf(message.sentAt);
		if (previous && hasGap(room.ranges, previous.seq, message.seq)) {
			items.push({ type: 'gap', key: `gap-${message.seq}` });
			interrupted = true;
		}
		if (day !== previousDay) {
			items.push({ type: 'date', key: `date-${message.seq}`, at: message.sentAt });
			interrupted = true;
		}
		const fromOthers = message.kind === 'message' && message.author?.id !== myId;
		if (!unreadShown && unreadAfter !== null && message.seq > unreadAfter && fromOthers) {
			items.push({ type: 'unread', key: 'unread' });
			unreadShown = true;
			interrupted = true;
		}
		if (message.kind === 'notice') {
			items.push({ type: 'notice', key: message.id, message });
		} else {
			const before = items.at(-1);
			const continues =
				!interrupted &&
				before?.type === 'message' &&
				before.message.author?.id === message.author?.id &&
				Date.parse(message.sentAt) - Date.parse(before.message.sentAt) < GROUP_WITHIN;
			if (continues) before.last = false;
			const mine = message.author?.id === myId;
			const key = mine && message.clientId ? `mine-${message.clientId}` : message.id;
			items.push({ type: 'message', key, message, mine, first: !continues, last: true });
		}
		previous = message;
		previousDay = day;
	}
	for (const p of pending) items.push({ type: 'pending', key: `mine-${p.clientId}`, pending: p });
	return items;
}
