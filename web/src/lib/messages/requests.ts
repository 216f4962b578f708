import type { Room } from '../api/types.ts';

/** A first contact that waits for my answer. One whom I have blocked meanwhile no longer asks. */
export function asksMe(room: Room): boolean {
	return (
		!room.contact?.blockId &&
		room.state.reasons.some((reason) => reason.code === 'REQUEST_PENDING' && reason.side === 'yours')
	);
}

/** No word has been said: the one line there may be is the notice that it is closed. */
export const isUnspoken = (room: Room) => room.lastSeq <= 1;

/**
 * A contact that I have added, closed by the other side before anything was said: it may wait for a yes. Whether it
 * does, was declined, or another rule is in the way is not told, so the words are the same for all of them.
 */
export function mayWaitForYes(room: Room): boolean {
	return (
		room.kind === 'direct' &&
		room.external &&
		room.state.status === 'frozen' &&
		Boolean(room.contact?.saved) &&
		isUnspoken(room) &&
		room.state.reasons.every((reason) => reason.code === 'OTHER_SIDE')
	);
}

/** Closed to me by nothing but my own block. */
export const isBlockedByMe = (room: Room) => room.state.status === 'paused' && Boolean(room.contact?.blockId);
