import { parseFrame, type ClientFrame, type DataFrame } from './frames.ts';

/**
 * idle: not started · connecting: socket opening, or open and not yet `ready` · live · offline: waiting for the next
 * try · signedOut: the server ended the session, no further tries.
 */
export type ConnectionStatus = 'idle' | 'connecting' | 'live' | 'offline' | 'signedOut';

export interface SocketLike {
	send(text: string): void;
	close(code?: number): void;
	onopen: ((event: never) => void) | null;
	onmessage: ((event: { data: string }) => void) | null;
	onclose: ((event: { code: number }) => void) | null;
	onerror: ((event: never) => void) | null;
}

export interface ConnectionDeps {
	openSocket: () => SocketLike;
	setTimer: (run: () => void, ms: number) => unknown;
	clearTimer: (handle: unknown) => void;
	/** 0 ≤ x < 1 */
	random: () => number;
}

export interface ConnectionHandlers {
	onStatus: (status: ConnectionStatus, retryInMs: number | null) => void;
	onFrame: (frame: DataFrame) => void;
	/** Nothing is known yet: fetch the state now, frames that follow continue it. */
	onFresh: () => void;
	/** What is held can no longer be continued: throw it away and fetch anew. */
	onResync: () => void;
	onSignedOut: () => void;
}

const FIRST_DELAY = 500;
const LONGEST_DELAY = 30_000;
/** A socket that opens but never gets ready (a proxy that accepts and forgets) must not hang the client. */
const READY_WITHIN = 15_000;
const CLOSE_SIGNED_OUT = 4001;

/** Full jitter: many clients that lost the same server come back spread out, not together. */
export function backOff(attempt: number, random: () => number): number {
	const ceiling = Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** attempt);
	return Math.round(ceiling / 2 + (ceiling / 2) * random());
}

export class Connection {
	#deps: ConnectionDeps;
	#handlers: ConnectionHandlers;
	#socket: SocketLike | null = null;
	#status: ConnectionStatus = 'idle';
	#attempt = 0;
	#timer: unknown = null;
	/** Newest place in the stream whose effect is in the client's state. */
	#cursor: string | null = null;

	constructor(deps: ConnectionDeps, handlers: ConnectionHandlers) {
		this.#deps = deps;
		this.#handlers = handlers;
	}

	get status(): ConnectionStatus {
		return this.#status;
	}

	start() {
		if (this.#status === 'idle' || this.#status === 'signedOut') this.#connect();
	}

	stop() {
		this.#dropSocket(1000);
		this.#stopTimer();
		this.#cursor = null;
		this.#attempt = 0;
		this.#setStatus('idle');
	}

	/** The browser says the network is back, or the person pressed "try now". */
	retryNow() {
		if (this.#status === 'offline') {
			this.#attempt = 0;
			this.#connect();
		}
	}

	/** The browser says the network is gone: do not wait for the socket to notice. */
	networkLost() {
		if (this.#status === 'live' || this.#status === 'connecting') {
			this.#dropSocket();
			this.#waitAndRetry();
		}
	}

	/** False when nothing was sent because the connection is not live. */
	send(frame: ClientFrame): boolean {
		if (this.#status !== 'live' || !this.#socket) return false;
		this.#socket.send(JSON.stringify(frame));
		return true;
	}

	#connect() {
		this.#stopTimer();
		this.#setStatus('connecting');
		let socket: SocketLike;
		try {
			socket = this.#deps.openSocket();
		} catch {
			this.#waitAndRetry();
			return;
		}
		this.#socket = socket;
		this.#timer = this.#deps.setTimer(() => {
			this.#dropSocket();
			this.#waitAndRetry();
		}, READY_WITHIN);
		socket.onmessage = (event) => {
			if (socket === this.#socket) this.#receive(event.data);
		};
		socket.onclose = (event) => {
			if (socket === this.#socket) this.#closed(event.code);
		};
		socket.onerror = null;
	}

	#receive(text: string) {
		const frame = parseFrame(text);
		if (!frame) return;
		switch (frame.op) {
			case 'ready':
				this.#ready(frame.cursor);
				break;
			case 'resync':
				this.#cursor = frame.cursor;
				this.#handlers.onResync();
				break;
			case 'sent':
			case 'refused':
			case 'error':
				// The client sends messages by POST, so these answer nothing of its own.
				break;
			default:
				this.#handlers.onFrame(frame);
				// After the handler: a frame that could not be applied is asked for again on the next resume.
				if ('cursor' in frame && frame.cursor) this.#cursor = frame.cursor;
		}
	}

	#ready(cursor: string) {
		this.#stopTimer();
		this.#attempt = 0;
		const resumeFrom = this.#cursor;
		this.#setStatus('live');
		if (resumeFrom === null) {
			this.#cursor = cursor;
			this.#handlers.onFresh();
		} else {
			this.send({ op: 'resume', cursor: resumeFrom });
		}
	}

	#closed(code: number) {
		this.#socket = null;
		this.#stopTimer();
		if (code === CLOSE_SIGNED_OUT) {
			this.#cursor = null;
			this.#setStatus('signedOut');
			this.#handlers.onSignedOut();
		} else {
			this.#waitAndRetry();
		}
	}

	#waitAndRetry() {
		const delay = backOff(this.#attempt, this.#deps.random);
		this.#attempt += 1;
		this.#stopTimer();
		this.#timer = this.#deps.setTimer(() => this.#connect(), delay);
		this.#setStatus('offline', delay);
	}

	#dropSocket(code?: number) {
		const socket = this.#socket;
		this.#socket = null;
		if (!socket) return;
		socket.onmessage = null;
		socket.onclose = null;
		socket.close(code);
	}

	#stopTimer() {
		if (this.#timer !== null) this.#deps.clearTimer(this.#timer);
		this.#timer = null;
	}

	#setStatus(status: ConnectionStatus, retryInMs: number | null = null) {
		this.#status = status;
		this.#handlers.onStatus(status, retryInMs);
	}
}
