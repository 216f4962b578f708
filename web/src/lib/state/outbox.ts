import { Problem } from '#lib/api/problem.ts';
import type { Message } from '#lib/api/types.ts';

export interface OutboxDeps {
	send: (roomId: string, clientId: string, text: string) => Promise<Message>;
	onSent: (message: Message) => void;
	onFailed: (roomId: string, clientId: string, problem: Problem | null) => void;
}

/**
 * Sends messages one after another per room: two requests at once could arrive in the wrong order. The client id makes
 * a repetition harmless, so after a lost answer the same message is simply sent again.
 */
export class Outbox {
	#deps: OutboxDeps;
	#tails = new Map<string, Promise<void>>();

	constructor(deps: OutboxDeps) {
		this.#deps = deps;
	}

	queue(roomId: string, clientId: string, text: string): Promise<void> {
		const tail = (this.#tails.get(roomId) ?? Promise.resolve()).then(async () => {
			try {
				this.#deps.onSent(await this.#deps.send(roomId, clientId, text));
			} catch (error) {
				this.#deps.onFailed(roomId, clientId, error instanceof Problem ? error : null);
			}
		});
		this.#tails.set(roomId, tail);
		return tail;
	}
}
