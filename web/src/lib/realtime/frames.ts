import type { Contact, Message, Network, ProblemDocument, Reason, Room } from '../api/types.ts';

export type ClientFrame =
	| { op: 'read'; roomId: string; seq: number }
	| { op: 'typing'; roomId: string }
	| { op: 'resume'; cursor: string };

/** Frames that change what the client holds. All but `typing` move the cursor. */
export type DataFrame =
	| { op: 'message'; message: Message; cursor?: string }
	| { op: 'read'; roomId: string; memberId: string; seq: number; cursor?: string }
	| { op: 'typing'; roomId: string; memberId: string }
	| { op: 'room'; room: Room; cursor?: string }
	| { op: 'contact'; contact: Contact; cursor?: string }
	| { op: 'grant'; network: Network; granted: boolean; reasons: Reason[]; cursor?: string };

export type ServerFrame =
	| DataFrame
	| { op: 'ready'; cursor: string }
	| { op: 'resync' }
	| { op: 'sent'; clientId: string; message: Message }
	| { op: 'refused'; clientId: string; roomId: string; problem: ProblemDocument }
	| { op: 'error'; problem: ProblemDocument };

/** Null for anything that is not a frame: a newer server may say more than this client knows. */
export function parseFrame(text: string): ServerFrame | null {
	try {
		const value: unknown = JSON.parse(text);
		if (typeof value === 'object' && value !== null && typeof (value as { op?: unknown }).op === 'string') {
			return value as ServerFrame;
		}
	} catch {
		// Not JSON: treated like an unknown frame.
	}
	return null;
}
