import type { DescribedClientFrame, DescribedServerFrame } from '../api/types.ts';

/** What this client says. Messages go out by POST. */
export type ClientFrame = Exclude<DescribedClientFrame, { op: 'send' }>;

export type ServerFrame = DescribedServerFrame;

/** Frames that change what the client holds. All but `typing` move the cursor. */
export type DataFrame = Exclude<ServerFrame, { op: 'ready' | 'resync' | 'sent' | 'refused' | 'error' }>;

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
