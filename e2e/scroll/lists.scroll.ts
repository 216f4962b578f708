/**
 * How lists of thousands scroll: contacts, rooms, a thread. Each is made through the API, and scrolled from its beginning
 * to its end a screen a frame, faster than hands can. Printed: how long the frames took, how many rows were drawn at most.
 */
import { type Locator, type Page } from '@playwright/test';
import { chapter as measure, expect, Server, type Api } from '../tests/fixtures.ts';
import { DEMO_PASSWORD, roomEntry, signIn } from '../tests/stage.ts';

const MANY = Number(process.env['MANY'] ?? 10_000);
/** Requests under way at once while things are made. */
const AT_ONCE = 8;

let server: Server;
let mina: Api;

measure.beforeAll(async () => {
	server = await Server.start('demo', ['--connected']);
	mina = await server.api('mina@hana.example', DEMO_PASSWORD);
	(await mina.patch('/me', { settings: { language: 'en' } })).ok();
});

measure.afterAll(async () => {
	await server?.stop();
});

async function make(one: (number: number) => Promise<unknown>): Promise<void> {
	let next = 0;
	const work = async () => {
		while (next < MANY) await one(next++);
	};
	await Promise.all(Array.from({ length: AT_ONCE }, work));
}

/** Scrolls until the end stays where it is, and says how that went. */
async function run(page: Page, inside: Locator, rows: string, towards: 1 | -1): Promise<void> {
	const { frames, most, held } = await inside.evaluate(
		async (element, { rows, towards }) => {
			let scroller: Element | null = element;
			while (scroller && !/auto|scroll/.test(getComputedStyle(scroller).overflowY)) scroller = scroller.parentElement;
			if (!scroller) throw new Error('nothing scrolls here');
			const view = scroller;
			const frames: number[] = [];
			let most = 0;
			let atEnd = 0;
			let before = performance.now();
			while (atEnd < 60) {
				view.scrollBy(0, towards * view.clientHeight);
				const now = await new Promise<number>((resolve) => requestAnimationFrame(resolve));
				frames.push(now - before);
				before = now;
				most = Math.max(most, element.querySelectorAll(rows).length);
				const left = towards > 0 ? view.scrollHeight - view.clientHeight - view.scrollTop : view.scrollTop;
				atEnd = left < 2 ? atEnd + 1 : 0;
			}
			return { frames: frames.slice(1), most, held: view.scrollHeight };
		},
		{ rows, towards }
	);
	const sorted = frames.toSorted((a, b) => a - b);
	const at = (share: number) => Math.round(sorted[Math.floor(sorted.length * share)] ?? 0);
	console.log(
		`${measure.info().title}: ${frames.length} frames, median ${at(0.5)} ms, 95 in 100 within ${at(0.95)} ms, ` +
			`longest ${Math.round(sorted.at(-1) ?? 0)} ms; ${most} rows drawn at most; ${held} px long`
	);
	await page.context().close();
}

async function open(browser: import('@playwright/test').Browser): Promise<Page> {
	const context = await browser.newContext({ baseURL: server.baseUrl, viewport: { width: 1440, height: 900 } });
	const page = await context.newPage();
	await page.goto('/');
	await signIn(page, 'mina@hana.example', DEMO_PASSWORD);
	return page;
}

measure(`${MANY} contacts`, async ({ browser }) => {
	await make(async (n) => (await mina.post('/contacts', { name: `Contact ${String(n).padStart(5, '0')}` })).ok());
	const page = await open(browser);
	await page.goto('/contacts');
	const list = page.getByRole('list', { name: 'All', exact: true });
	await expect(list.getByRole('listitem').first()).toBeVisible();
	await run(page, list, '[role=listitem], li', 1);
});

measure(`${MANY} rooms`, async ({ browser }) => {
	const kenji = (await mina.get('/company/members?query=kenji')).ok().items[0].id;
	await make(async (n) => (await mina.post('/rooms', { name: `Room ${n}`, memberIds: [kenji] })).ok());
	const page = await open(browser);
	const list = page.getByRole('list', { name: 'Rooms' });
	await expect(list.getByRole('listitem').first()).toBeVisible();
	await run(page, list, '[role=listitem], li', 1);
});

measure(`${MANY} messages`, async ({ browser }) => {
	const kenji = (await mina.get('/company/members?query=kenji')).ok().items[0].id;
	const room = (await mina.post('/rooms', { name: 'A long thread', memberIds: [kenji] })).ok().id;
	await make(async (n) => (await mina.post(`/rooms/${room}/messages`, { clientId: `n${n}`, text: `Line ${n} of many` })).ok());
	const page = await open(browser);
	await roomEntry(page, 'A long thread').click();
	const thread = page.getByRole('log');
	await expect(thread.locator('[data-seq]').last()).toBeInViewport();
	await run(page, thread, '[data-seq]', -1);
});
