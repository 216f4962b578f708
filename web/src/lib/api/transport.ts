import createClient, { type Client } from 'openapi-fetch';
import { HeadStart } from './head-start.ts';
import { Problem, Unreachable, parseRetryAfter } from './problem.ts';
import type { paths } from './schema.ts';
import type { ProblemDocument } from './types.ts';

export interface Answer<T> {
	data: T;
	status: number;
	etag: string | null;
}

interface Result<T> {
	data?: T;
	error?: unknown;
	response: Response;
}

/** The calls of the description, and what their results become here: values, or exceptions. */
export class Transport {
	readonly client: Client<paths>;
	/** Called when a call that needs a session is answered 401. */
	onSignedOut: () => void = () => {};

	#early: HeadStart;

	constructor(early: HeadStart = new HeadStart()) {
		this.#early = early;
		const ask = (request: Request) => early.take(request) ?? fetch(request);
		this.client = createClient<paths>({ baseUrl: '/api/v1', fetch: ask, querySerializer: filled });
	}

	async answer<T>(call: Promise<Result<T>>): Promise<Answer<T>> {
		let result;
		try {
			result = await call;
		} catch (cause) {
			// fetch itself failed, or a proxy answered something that is not JSON.
			throw new Unreachable(cause);
		}
		const { response, data, error } = result;
		if (!response.ok) {
			const body = typeof error === 'object' ? (error as Partial<ProblemDocument> | null) : null;
			const problem = new Problem(
				response.status,
				body,
				parseRetryAfter(response.headers.get('retry-after'), Date.now()),
			);
			if (problem.status === 401 && problem.code !== 'SIGN_IN_FAILED') {
				// Whatever else was asked early was refused as well, and nobody will read it.
				this.#early.drop();
				this.onSignedOut();
			}
			throw problem;
		}
		return { data: data as T, status: response.status, etag: response.headers.get('etag') };
	}

	/** Where only the body matters. */
	async data<T>(call: Promise<Result<T>>): Promise<T> {
		return (await this.answer(call)).data;
	}
}

/** Leaves out what was not asked, empty search words among it. */
function filled(query: Record<string, unknown>): string {
	const words = Object.entries(query).filter(
		([, value]) => value !== undefined && value !== null && value !== '',
	);
	return new URLSearchParams(words.map(([name, value]) => [name, String(value)])).toString();
}
