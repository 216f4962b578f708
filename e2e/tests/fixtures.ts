/**
 * What every browser story stands on: the real binary with a data folder of its own, on a port of its own.
 *
 *     import { expect, test } from './fixtures.ts';
 *
 *     test.use({ program: 'demo' });
 *     test('a1 …', async ({ server, page }) => {
 *         const mina = await server.api('mina@hana.example', server.demoPassword());
 *         await page.goto('/');
 *     });
 *
 * Nothing of the product is imported here. Stories see what people and programs see: pages, the public API, the
 * command line.
 */
import AxeBuilder from '@axe-core/playwright';
import { test as base, expect, type Page, type TestInfo } from '@playwright/test';
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { accessSync, constants } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export { expect };

/**
 * For a story in several tests: it starts its own server with `Server.start` in `beforeAll` and stops it at the end,
 * where `test` would give each of them a fresh one.
 */
export { base as chapter };

/** `serve` begins empty; `demo` brings its companies and people. */
export type Program = 'serve' | 'demo';

const READY = /Liaison is ready at (http:\/\/\S+)/;
// The demo draws its people's rooms and hashes passwords before it is ready.
const START_MS = 90_000;
const STOP_MS = 10_000;

function binary(): string {
	const path = process.env['LIAISON_BIN'];
	if (!path) throw new Error('LIAISON_BIN does not name the binary to test; `make e2e` sets it');
	accessSync(path, constants.X_OK);
	return path;
}

/** The environment without somebody's own LIAISON_… settings: they would reach the server under test. */
function cleanEnvironment(): NodeJS.ProcessEnv {
	return Object.fromEntries(
		Object.entries(process.env).filter(([name]) => !name.startsWith('LIAISON_'))
	);
}

/** A PostgreSQL database of this server alone, where the project of the story asks for one; SQLite needs none. */
function database(): string[] {
	if (base.info().project.name !== 'postgres') return [];
	const script = fileURLToPath(new URL('../../dev/postgres', import.meta.url));
	const name = `e2e_${randomBytes(6).toString('hex')}`;
	return ['--database', execFileSync(script, ['create', name], { encoding: 'utf8' }).trim()];
}

export interface CliOptions {
	/** What the command reads from standard input, such as a password. */
	input?: string;
	/** The exit code that is expected; anything else fails the test. 0 unless told. */
	exitCode?: number;
}

export interface CliAnswer {
	stdout: string;
	stderr: string;
}

export class Server {
	readonly #dataDir: string;
	/** The arguments that say where the data is. */
	readonly #place: string[];
	#child: ChildProcess | undefined;
	#exited: Promise<void> = Promise.resolve();
	/** Set while the end of the process is our own doing. */
	#stopping = false;
	#died: string | undefined;
	#stdout = '';
	#log = '';
	#baseUrl = '';

	private constructor(dataDir: string) {
		this.#dataDir = dataDir;
		this.#place = ['--data', dataDir, ...database()];
	}

	static async start(program: Program, args: string[] = []): Promise<Server> {
		const server = new Server(await mkdtemp(join(tmpdir(), 'liaison-e2e-')));
		try {
			await server.#run([program, '--listen', '127.0.0.1:0', ...args]);
		} catch (error) {
			await server.#removeData();
			throw error;
		}
		return server;
	}

	/** Such as `http://127.0.0.1:43210`, without a slash at the end. */
	get baseUrl(): string {
		return this.#baseUrl;
	}

	get dataDir(): string {
		return this.#dataDir;
	}

	/** Everything the server wrote so far, on both streams, over all its starts. */
	get log(): string {
		return this.#log;
	}

	/** Everything it wrote for people: standard output alone. */
	get stdout(): string {
		return this.#stdout;
	}

	/** The password of everybody in the demo, as the demo printed it. */
	demoPassword(): string {
		const found = /password[^:\n]*:\s*(\S+)/i.exec(this.#stdout)?.[1];
		if (!found) throw new Error(`the demo printed no line "Password: …":\n${this.#stdout}`);
		return found;
	}

	/** The address behind the newest mail to somebody, from the outbox; it may take a moment to get there. */
	async mailedLink(to: string): Promise<string> {
		const folder = join(this.#dataDir, 'outbox');
		let link: string | undefined;
		await expect
			.poll(
				async () => {
					const names = await readdir(folder).catch(() => []);
					const letters = names.filter((name) => name.endsWith('.json')).sort();
					for (const name of letters.reverse()) {
						const letter = JSON.parse(await readFile(join(folder, name), 'utf8'));
						if (letter.to === to) return (link = letter.links[0]);
					}
					return undefined;
				},
				{ message: `a mail to ${to}` }
			)
			.toBeTruthy();
		return link ?? '';
	}

	/** Runs `liaison ARGS --data …` beside the server, as an operator would. */
	async cli(args: string[], { input = '', exitCode = 0 }: CliOptions = {}): Promise<CliAnswer> {
		const child = spawn(binary(), [...args, ...this.#place], {
			env: cleanEnvironment(),
			stdio: ['pipe', 'pipe', 'pipe']
		});
		const answer: CliAnswer = { stdout: '', stderr: '' };
		child.stdout.setEncoding('utf8').on('data', (text: string) => (answer.stdout += text));
		child.stderr.setEncoding('utf8').on('data', (text: string) => (answer.stderr += text));
		// A command that reads nothing may be gone before we wrote; its exit code tells what matters.
		child.stdin.on('error', () => {});
		child.stdin.end(input);
		const code = await new Promise<number | string>((resolve, reject) => {
			child.once('error', reject);
			child.once('close', (code, signal) => resolve(code ?? signal ?? 'unknown'));
		});
		if (code !== exitCode) {
			throw new Error(
				`liaison ${args.join(' ')} ended with ${code} instead of ${exitCode}\n${answer.stderr}${answer.stdout}`
			);
		}
		return answer;
	}

	/** The same with `--json`, its answer parsed. */
	async cliJson<T = any>(args: string[], options: CliOptions = {}): Promise<T> {
		const { stdout } = await this.cli([...args, '--json'], options);
		return JSON.parse(stdout) as T;
	}

	/** The public API, signed in as `handle` with a bearer token, as a program would be. */
	async api(handle: string, password: string): Promise<Api> {
		const created = await new Api(this.#baseUrl).post('/tokens', {
			handle,
			password,
			label: 'browser stories'
		});
		return new Api(this.#baseUrl, created.ok().token);
	}

	/** The public API without sign-in. */
	anonymous(): Api {
		return new Api(this.#baseUrl);
	}

	/** Ends the process and starts `serve` on the same data and port. `crash` gives it no time to tidy up. */
	async restart({ crash = false } = {}): Promise<void> {
		await this.#end(crash ? 'SIGKILL' : 'SIGTERM');
		await this.#run(['serve', '--listen', new URL(this.#baseUrl).host]);
	}

	/** Ends everything. Throws when the server had died on its own, or would not go when asked. */
	async stop(): Promise<void> {
		try {
			if (this.#died) throw new Error(`the server ended on its own: ${this.#died}`);
			await this.#end('SIGTERM');
		} finally {
			await this.#removeData();
		}
	}

	async #run(args: string[]): Promise<void> {
		const child = spawn(binary(), [...args, ...this.#place], {
			env: cleanEnvironment(),
			stdio: ['ignore', 'pipe', 'pipe']
		});
		this.#child = child;
		this.#stopping = false;
		let fresh = '';
		this.#exited = new Promise((resolve) => {
			child.once('close', (code, signal) => {
				if (!this.#stopping) this.#died = String(signal ?? `exit code ${code}`);
				resolve();
			});
			child.once('error', (error) => {
				this.#died = error.message;
				resolve();
			});
		});
		child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.#log += text));
		const ready = new Promise<string>((resolve) => {
			child.stdout?.setEncoding('utf8').on('data', (text: string) => {
				this.#log += text;
				this.#stdout += text;
				fresh += text;
				// Up to the line's end: half an address must not be taken for a whole one.
				const found = fresh.split('\n').slice(0, -1).join('\n').match(READY);
				if (found?.[1]) resolve(found[1].replace(/\/$/, ''));
			});
		});
		let timer: NodeJS.Timeout | undefined;
		try {
			this.#baseUrl = await Promise.race([
				ready,
				this.#exited.then(() => {
					throw new Error(`the server ended (${this.#died}) before it was ready:\n${this.#log}`);
				}),
				new Promise<never>((_, reject) => {
					timer = setTimeout(
						() => reject(new Error(`not ready after ${START_MS} ms:\n${this.#log}`)),
						START_MS
					);
				})
			]);
		} catch (error) {
			this.#stopping = true;
			child.kill('SIGKILL');
			throw error;
		} finally {
			clearTimeout(timer);
		}
	}

	async #end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
		const child = this.#child;
		if (!child) return;
		this.#stopping = true;
		child.kill(signal);
		let late = false;
		const timer = setTimeout(() => {
			late = true;
			child.kill('SIGKILL');
		}, STOP_MS);
		await this.#exited;
		clearTimeout(timer);
		this.#child = undefined;
		if (late) throw new Error(`the server did not end within ${STOP_MS} ms of being asked to`);
	}

	async #removeData(): Promise<void> {
		await rm(this.#dataDir, { recursive: true, force: true });
	}
}

/** One answer of the API. */
export class Answer<T = any> {
	constructor(
		readonly request: string,
		readonly status: number,
		readonly headers: Headers,
		readonly body: T
	) {}

	/** The body of a success; any other status fails the test, with the problem in the message. */
	ok(): T {
		if (this.status < 200 || this.status > 299) {
			throw new Error(`${this.request} answered ${this.status}: ${JSON.stringify(this.body)}`);
		}
		return this.body;
	}
}

/** A thin client of the public API; paths are below `/api/v1`. It never throws for a status: stories look at it. */
export class Api {
	readonly #baseUrl: string;
	readonly #token: string | undefined;

	constructor(baseUrl: string, token?: string) {
		this.#baseUrl = baseUrl;
		this.#token = token;
	}

	/** For a WebSocket or a request of one's own. */
	get token(): string | undefined {
		return this.#token;
	}

	get<T = any>(path: string, headers?: Record<string, string>): Promise<Answer<T>> {
		return this.#call('GET', path, undefined, headers);
	}

	post<T = any>(path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer<T>> {
		return this.#call('POST', path, body, headers);
	}

	put<T = any>(path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer<T>> {
		return this.#call('PUT', path, body, headers);
	}

	/** A JSON merge patch. */
	patch<T = any>(path: string, body: unknown, headers?: Record<string, string>): Promise<Answer<T>> {
		return this.#call('PATCH', path, body, headers);
	}

	delete<T = any>(path: string, headers?: Record<string, string>): Promise<Answer<T>> {
		return this.#call('DELETE', path, undefined, headers);
	}

	async #call<T>(
		method: string,
		path: string,
		body: unknown,
		extra: Record<string, string> = {}
	): Promise<Answer<T>> {
		const headers: Record<string, string> = { accept: 'application/json', ...extra };
		if (this.#token) headers['authorization'] = `Bearer ${this.#token}`;
		if (body !== undefined) headers['content-type'] ??= 'application/json';
		const response = await fetch(`${this.#baseUrl}/api/v1${path}`, {
			method,
			headers,
			body: body === undefined ? null : JSON.stringify(body)
		});
		const text = await response.text();
		const isJson = /[/+]json\b/.test(response.headers.get('content-type') ?? '');
		const parsed: unknown = text === '' ? undefined : isJson ? JSON.parse(text) : text;
		return new Answer(`${method} ${path}`, response.status, response.headers, parsed as T);
	}
}

/**
 * Fails with the list of faults unless axe finds the page in order for WCAG 2.2 AA. PART leaves out what was looked at
 * already: measuring every colour takes longer than all other rules together.
 */
export async function expectAccessible(page: Page, part: 'all' | 'colours' | 'allButColours' = 'all'): Promise<void> {
	// Our pages hold no frames of other sites, for which axe would open a second page every time.
	const axe = new AxeBuilder({ page }).setLegacyMode(true);
	// What lies behind an open dialog cannot be reached, and its colours are meant to fade.
	if ((await page.getByRole('dialog').count()) > 0) axe.include('[role="dialog"]');
	if (part === 'colours') axe.withRules(['color-contrast']);
	else axe.withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']);
	if (part === 'allButColours') axe.disableRules(['color-contrast']);
	// Judged at rest: while the rows of a long list find their places they lie over one another, and a colour is then
	// measured against the wrong ground. What stays is a fault.
	await expect(async () => {
		const { violations } = await axe.analyze();
		const faults = violations.map(
			({ id, help, nodes }) => `${id}: ${help}\n  ${nodes.map((node) => node.target.join(' ')).join('\n  ')}`
		);
		expect(faults, `accessibility of ${page.url()}`).toEqual([]);
	}).toPass({ timeout: 20_000, intervals: [250, 500, 1_000] });
}

async function attachLog(server: Server, testInfo: TestInfo): Promise<void> {
	await testInfo.attach('server log', { body: server.log, contentType: 'text/plain' });
}

export interface StoryOptions {
	/** Which program a story's server is; `test.use({ program: 'demo' })`. */
	program: Program;
	/** More arguments for it. */
	serverArgs: string[];
}

export interface StoryFixtures {
	server: Server;
}

export const test = base.extend<StoryOptions & StoryFixtures>({
	program: ['serve', { option: true }],
	serverArgs: [[], { option: true }],

	server: [
		async ({ program, serverArgs }, use, testInfo) => {
			const server = await Server.start(program, serverArgs);
			await use(server);
			const failed = testInfo.status !== testInfo.expectedStatus;
			try {
				await server.stop();
			} catch (error) {
				if (!failed) await attachLog(server, testInfo);
				throw error;
			} finally {
				if (failed) await attachLog(server, testInfo);
			}
		},
		// Apart from the story's own time, which a slow start must not eat.
		{ timeout: START_MS + STOP_MS }
	],

	// Pages and contexts that a story opens know where the server is: page.goto('/').
	baseURL: async ({ server }, use) => use(server.baseUrl)
});
