import type { Message, Participant, Room } from '../api/types.ts';

/** Small whole objects for tests. */
export const ME = 'member_me';
export const OTHER = 'member_other';

export function participant(id: string, change: Partial<Participant> = {}): Participant {
	return {
		id,
		kind: 'member',
		name: id === ME ? 'Mina Sato' : 'Liam Okafor',
		companyName: id === ME ? 'Hana Trading' : 'Borealis Logistics',
		companyId: id === ME ? 'company_hana' : 'company_borealis',
		photoUrl: null,
		you: id === ME,
		outside: id !== ME,
		state: 'active',
		readSeq: 0,
		...change,
	};
}

export function room(change: Partial<Room> = {}): Room {
	return {
		id: 'room_1',
		kind: 'direct',
		name: null,
		external: true,
		networks: ['partner'],
		companies: [
			{ id: 'company_hana', name: 'Hana Trading', domain: 'hana.example', yours: true },
			{ id: 'company_borealis', name: 'Borealis Logistics', domain: 'borealis.example', yours: false },
		],
		participants: [participant(ME), participant(OTHER)],
		state: { status: 'open', since: '2026-01-10T09:00:00.000Z', reasons: [] },
		lastMessage: null,
		lastSeq: 0,
		readSeq: 0,
		unreadCount: 0,
		ranges: [{ from: 1, to: null }],
		contact: null,
		lastAt: '2026-01-10T09:00:00.000Z',
		...change,
	};
}

export function message(seq: number, change: Partial<Message> = {}): Message {
	return {
		id: `message_${seq}`,
		roomId: 'room_1',
		seq,
		kind: 'message',
		notice: null,
		clientId: `client_${seq}`,
		author: { id: OTHER, name: 'Liam Okafor', companyName: 'Borealis Logistics' },
		text: `text ${seq}`,
		sentAt: new Date(Date.UTC(2026, 0, 10, 9, seq)).toISOString(),
		...change,
	};
}

export const mine = { id: ME, name: 'Mina Sato', companyName: 'Hana Trading' };
