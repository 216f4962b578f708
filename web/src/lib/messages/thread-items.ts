import type { Message, Room } from '../api/types.ts';
import type { Pending } from '../realtime/apply.ts';
import { hasGap } from '../realtime/ranges.ts';

/** What the thread shows from top to bottom. Keys stay the same between renders so that nothing is drawn twice. */
export type ThreadItem =
	| { type: 'date'; key: string; at: string }
	| { type: 'unread'; key: string }
	| { type: 'gap'; key: string }
	| { type: 'notice'; key: string; message: Message }
	| { type: 'group'; key: string; author: Message['author']; mine: boolean; at: string; messages: Message[] }
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

	for (const message of messages) {
		let interrupted = previous === null;
		if (previous && hasGap(room.ranges, previous.seq, message.seq)) {
			items.push({ type: 'gap', key: `gap-${message.seq}` });
			interrupted = true;
		}
		if (!previous || dayOf(previous.sentAt) !== dayOf(message.sentAt)) {
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
			const open = items.at(-1);
			const last = open?.type === 'group' ? open.messages.at(-1) : undefined;
			const continues =
				!interrupted &&
				open?.type === 'group' &&
				open.author?.id === message.author?.id &&
				last !== undefined &&
				Date.parse(message.sentAt) - Date.parse(last.sentAt) < GROUP_WITHIN;
			if (continues && open?.type === 'group') {
				open.messages.push(message);
			} else {
				items.push({
					type: 'group',
					key: message.id,
					author: message.author,
					mine: message.author?.id === myId,
					at: message.sentAt,
					messages: [message],
				});
			}
		}
		previous = message;
	}
	for (const p of pending) items.push({ type: 'pending', key: `pending-${p.clientId}`, pending: p });
	return items;
}
