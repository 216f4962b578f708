import type { DescribedClientFrame, DescribedServerFrame, Message, ProblemDocument } from '../api/types.ts';

/** What this client says. Messages go out by POST. */
export type ClientFrame = Exclude<DescribedClientFrame, { op: 'send' }>;

/** Frames that the server encodes once for all readers; its description holds only those made for one reader. */
type SharedFrame =
	| { op: 'message'; message: Message; cursor: string }
	| { op: 'read'; roomId: string; memberId: string; seq: number; cursor: string }
	| { op: 'typing'; roomId: string; memberId: string };

/** Frames that change what the client holds. All but `typing` move the cursor. */
export type DataFrame = SharedFrame | Exclude<DescribedServerFrame, { op: 'ready' | 'resync' }>;

export type ServerFrame =
	| SharedFrame
	| DescribedServerFrame
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
