import type { Page } from '#lib/api/types.ts';

/** A list fetched page by page. Answers to a question that has been replaced meanwhile are dropped. */
export class PagedList<T> {
	items = $state.raw<T[]>([]);
	status = $state<'loading' | 'ready' | 'failed'>('loading');
	error = $state.raw<unknown>(null);
	hasMore = $state(false);
	#cursor: string | undefined;
	#question = 0;
	#fetch: (cursor?: string) => Promise<Page<T>> = async () => ({ items: [] });
	/** What failed last, to be tried once more. */
	#failed: () => Promise<void> = async () => {};

	async load(fetch: (cursor?: string) => Promise<Page<T>>) {
		this.#fetch = fetch;
		this.#cursor = undefined;
		await this.#next(true);
	}

	async more() {
		if (this.hasMore && this.status === 'ready') await this.#next(false);
	}

	/** Asks once more for what failed: a page, or all that is held. */
	async again() {
		if (this.status !== 'failed') return;
		this.status = 'loading';
		await this.#failed();
	}

	/** Fetches anew what is held, as far as it goes, while it stays to be seen. */
	async renew() {
		const question = ++this.#question;
		const wanted = this.items.length;
		try {
			const items: T[] = [];
			let cursor: string | undefined;
			do {
				const page = await this.#fetch(cursor);
				if (question !== this.#question) return;
				items.push(...page.items);
				cursor = page.nextCursor ?? undefined;
			} while (cursor && items.length < wanted);
			this.items = items;
			this.#cursor = cursor;
			this.hasMore = cursor !== undefined;
			this.status = 'ready';
		} catch (error) {
			this.#fail(question, error, () => this.renew());
		}
	}

	async #next(fresh: boolean) {
		const question = ++this.#question;
		this.status = 'loading';
		try {
			const page = await this.#fetch(this.#cursor);
			if (question !== this.#question) return;
			this.items = fresh ? page.items : [...this.items, ...page.items];
			this.#cursor = page.nextCursor ?? undefined;
			this.hasMore = Boolean(page.nextCursor);
			this.status = 'ready';
		} catch (error) {
			this.#fail(question, error, () => this.#next(fresh));
		}
	}

	#fail(question: number, error: unknown, again: () => Promise<void>) {
		if (question !== this.#question) return;
		this.#failed = again;
		this.error = error;
		this.status = 'failed';
	}
}
