/** What already ties me to an outsider in a group: their own room says it, and my list of blocks, where there is none. */
import type { Block, Room } from '#lib/api/types.ts';

export interface Tie {
	/** My contact of them. */
	contactId: string | null;
	/** My block of them. */
	blockId: string | null;
}

export function tieTo(personId: string, rooms: Room[], blocks: Block[]): Tie {
	const direct = rooms.find((r) => r.kind === 'direct' && r.participants.some((p) => p.id === personId));
	const contact = direct?.contact;
	// The room follows every change, the list was fetched some time ago.
	const block = contact ? contact.blockId : blocks.find((b) => b.memberId === personId)?.id;
	return { contactId: contact?.contactId ?? null, blockId: block ?? null };
}
