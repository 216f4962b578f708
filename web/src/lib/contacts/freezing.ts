/** What deleting a contact does to rooms, before it is done. */
import type { Room } from '#lib/api/types.ts';

/**
 * The rooms that freeze when I end the link with an outsider: ours, and groups in which nobody else is of my company.
 * Whoever is paused in a room is still in it, I and the outsider among them.
 */
export function roomsThatFreeze(rooms: Room[], outsiderId: string): Room[] {
	return rooms.filter((room) => {
		const me = room.participants.find((p) => p.you);
		const isThere = room.participants.some((p) => p.id === outsiderId);
		if (room.state.status === 'frozen' || !me || !isThere) return false;
		const colleague = room.participants.some((p) => !p.you && p.companyId === me.companyId);
		return room.kind === 'direct' || !colleague;
	});
}
