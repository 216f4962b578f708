import type { FieldError, ProblemDocument, Reason, RoomRef } from './types.ts';

/** A refusal or failure the server explained. */
export class Problem extends Error {
	readonly status: number;
	readonly code: string;
	readonly reference: string | null;
	readonly reasons: Reason[];
	readonly errors: FieldError[];
	/** Which rooms stand in the way. */
	readonly rooms: RoomRef[];
	/** Seconds until another try makes sense, where the server said so. */
	readonly retryAfter: number | null;

	constructor(status: number, body: Partial<ProblemDocument> | null, retryAfter: number | null = null) {
		super(body?.detail || body?.title || `HTTP ${status}`);
		this.name = 'Problem';
		this.status = status;
		this.code = body?.code ?? '';
		this.reference = body?.reference ?? null;
		this.reasons = body?.reasons ?? [];
		this.errors = body?.errors ?? [];
		this.rooms = body?.rooms ?? [];
		this.retryAfter = retryAfter;
	}
}

/** The request never got an answer. */
export class Unreachable extends Error {
	constructor(cause?: unknown) {
		super('The server could not be reached', { cause });
		this.name = 'Unreachable';
	}
}

export function isProblem(error: unknown, code?: string): error is Problem {
	return error instanceof Problem && (code === undefined || error.code === code);
}

/** `Retry-After` is either seconds or a date. */
export function parseRetryAfter(header: string | null, now: number): number | null {
	if (!header) return null;
	const seconds = Number(header);
	if (Number.isFinite(seconds)) return Math.max(0, Math.ceil(seconds));
	const at = Date.parse(header);
	return Number.isNaN(at) ? null : Math.max(0, Math.ceil((at - now) / 1000));
}
