import type { Room } from '../api/types.ts';

/** How many others have read up to this message. */
export function readers(room: Pick<Room, 'participants'>, seq: number): number {
	return room.participants.filter((p) => !p.you && (p.readSeq ?? 0) >= seq).length;
}
