/**
 * Where adding once more may bring a link back (decision 0011): I ended it, and restoring could not revive it. Whether it
 * does is the server's to decide. Nobody is invited to try what the other side ended.
 */
import type { Contact, Reason, Room } from '#lib/api/types.ts';

/** All that the other side does comes as `OTHER_SIDE`, so `NOT_LINKED` of my side is an ending of mine. */
const isEndedByMe = (reasons: Reason[]) =>
	reasons.some((reason) => reason.code === 'NOT_LINKED' && reason.side === 'yours');

/** Only one's own: a colleague's link is the colleague's. One in the trash is restored, which adds it again. */
export function canAddAgain(contact: Contact, myId: string): boolean {
	return (
		contact.state === 'active' &&
		contact.owner.id === myId &&
		Boolean(contact.roomId && contact.outsideMemberId) &&
		contact.link?.state === 'ended' &&
		isEndedByMe(contact.link.reasons)
	);
}

/** The same, seen from the direct room. Whom I have blocked I unblock first: until then adding is refused. */
export function canAddAgainFrom(room: Room): boolean {
	return (
		room.kind === 'direct' &&
		room.contact?.saved === true &&
		!room.contact.blockId &&
		room.state.status === 'frozen' &&
		isEndedByMe(room.state.reasons)
	);
}
