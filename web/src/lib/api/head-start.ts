/**
 * Requests that `src/boot.js` made before this code had arrived: what the first screen asks for anyway. Each answers one
 * question, once, and only while the page is coming up; whatever is written makes the rest stale.
 */
export class HeadStart {
	#answers: Map<string, Promise<Response>>;

	constructor(answers: Map<string, Promise<Response>> = new Map()) {
		this.#answers = answers;
	}

	/** The answer that is under way to this request, if there is one. */
	take(request: Request): Promise<Response> | null {
		if (request.method !== 'GET') {
			this.drop();
			return null;
		}
		const { pathname, search } = new URL(request.url);
		const answer = this.#answers.get(pathname + search);
		this.#answers.delete(pathname + search);
		return answer ?? null;
	}

	/** Lets go of what nobody asked for: an answer that is not read holds one of the browser's few connections. */
	drop() {
		for (const answer of this.#answers.values()) {
			answer.then((response) => response.body?.cancel()).catch(() => {});
		}
		this.#answers.clear();
	}
}

/** What the page itself has begun, taken out of its hands. */
export function headStartOfPage(page: { liaisonHeadStart?: Map<string, Promise<Response>> }): HeadStart {
	const answers = page.liaisonHeadStart;
	delete page.liaisonHeadStart;
	return new HeadStart(answers);
}
