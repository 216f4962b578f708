import createClient from 'openapi-fetch';
import { Problem, Unreachable, parseRetryAfter } from './problem.ts';

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
type Scalar = string | number | boolean | null | undefined;

export interface CallOptions {
	path?: Record<string, string>;
	query?: Record<string, Scalar>;
	body?: unknown;
	headers?: Record<string, string>;
}

export interface Answer<T> {
	data: T;
	status: number;
	etag: string | null;
}

/** What openapi-fetch gives before it is told the generated `paths` type. */
type UntypedClient = Record<
	Method,
	(
		path: string,
		init: unknown,
	) => Promise<{
		data?: unknown;
		error?: unknown;
		response: Response;
	}>
>;

/** Turns openapi-fetch results into values or exceptions and watches for a session that has ended. */
export class Transport {
	readonly #client: UntypedClient;
	/** Called when a call that needs a session is answered 401. */
	onSignedOut: () => void = () => {};

	constructor(fetcher: typeof fetch = (...args) => fetch(...args)) {
		this.#client = createClient({ baseUrl: '/api/v1', fetch: fetcher }) as unknown as UntypedClient;
	}

	async call<T>(method: Method, path: string, options: CallOptions = {}): Promise<Answer<T>> {
		const query = Object.fromEntries(
			Object.entries(options.query ?? {}).filter(([, v]) => v !== undefined && v !== null && v !== ''),
		);
		let result;
		try {
			result = await this.#client[method](path, {
				params: { path: options.path, query },
				body: options.body,
				headers: options.headers,
			});
		} catch (cause) {
			// fetch itself failed, or a proxy answered something that is not JSON.
			throw new Unreachable(cause);
		}
		const { response, data, error } = result;
		if (!response.ok) {
			const body = typeof error === 'object' && error !== null ? error : null;
			const problem = new Problem(
				response.status,
				body,
				parseRetryAfter(response.headers.get('retry-after'), Date.now()),
			);
			if (problem.status === 401 && problem.code !== 'SIGN_IN_FAILED') this.onSignedOut();
			throw problem;
		}
		return { data: data as T, status: response.status, etag: response.headers.get('etag') };
	}

	async get<T>(path: string, options?: CallOptions): Promise<T> {
		return (await this.call<T>('GET', path, options)).data;
	}

	async post<T>(path: string, body?: unknown, options?: CallOptions): Promise<T> {
		return (await this.call<T>('POST', path, { ...options, body })).data;
	}
}
