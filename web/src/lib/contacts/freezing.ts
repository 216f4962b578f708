/** What deleting a contact does to rooms, before it is done. */
import type { Room } from '#lib/api/types.ts';

/** The rooms that freeze when I end the link with an outsider: ours, and groups in which nobody else is of my company. */
export function roomsThatFreeze(rooms: Room[], outsiderId: string): Room[] {
	return rooms.filter((room) => {
		const me = room.participants.find((p) => p.you);
		const active = room.participants.filter((p) => p.state === 'active');
		if (room.state.status !== 'open' || !me || !active.some((p) => p.id === outsiderId)) return false;
		const colleague = active.some((p) => !p.you && p.companyId === me.companyId);
		return room.kind === 'direct' || !colleague;
	});
}
