/**
 * The people of a story, each in a browser of their own, and what they do in every story. What is done here is done
 * as people do it: by name and label, on the pages.
 */
import { type Browser, type BrowserContext, type Locator, type Page } from '@playwright/test';
import { expect, type Api, type Server } from './fixtures.ts';

export const DEMO_PASSWORD = 'liaison-demo';

export class Person {
	/** What the browser complained about on any page of this person: broken policy, uncaught errors. */
	readonly complaints: string[];

	private constructor(
		readonly handle: string,
		readonly context: BrowserContext,
		readonly page: Page,
		/** The same person as a program. */
		readonly api: Api,
		complaints: string[]
	) {
		this.complaints = complaints;
	}

	/** Opens a browser, signs in on the page and waits for the list of rooms. */
	static async signIn(browser: Browser, server: Server, handle: string, password = DEMO_PASSWORD): Promise<Person> {
		const api = await server.api(handle, password);
		// The stories read English; the demo's people prefer their own languages.
		(await api.patch('/me', { settings: { language: 'en' } })).ok();
		const context = await browser.newContext({ baseURL: server.baseUrl });
		const complaints = await watch(context);
		const page = await context.newPage();
		await page.goto('/');
		await signIn(page, handle, password);
		return new Person(handle, context, page, api, complaints);
	}

	/** Another window of the same browser. */
	async window(path: string): Promise<Page> {
		const page = await this.context.newPage();
		await page.goto(path);
		return page;
	}
}

/** Listens to everything a browser says about broken policy and uncaught errors. */
export async function watch(context: BrowserContext): Promise<string[]> {
	const complaints: string[] = [];
	context.on('weberror', (error) => complaints.push(String(error.error())));
	context.on('console', (message) => {
		const text = message.text();
		// A refused request is part of many stories; the browser logs each as an error of loading.
		if (message.type() === 'error' && !/Failed to load resource|net::ERR_|WebSocket connection/.test(text)) {
			complaints.push(text);
		}
	});
	await context.exposeFunction('reportViolation', (text: string) => complaints.push(text));
	await context.addInitScript(() => {
		document.addEventListener('securitypolicyviolation', (event) => {
			const report = (globalThis as unknown as { reportViolation: (text: string) => void }).reportViolation;
			report(`${event.violatedDirective} blocked ${event.blockedURI || 'inline'} on ${event.documentURI}`);
		});
	});
	return complaints;
}

export async function signIn(page: Page, handle: string, password: string): Promise<void> {
	await page.getByLabel('Message ID').fill(handle);
	await page.getByLabel('Password').fill(password);
	await page.getByRole('button', { name: 'Sign in' }).click();
	await expect(page.getByRole('heading', { name: 'Messages' })).toBeVisible();
}

/** Looks somebody up as people do; the answer is on the page afterwards. */
export async function lookUp(page: Page, handle: string): Promise<void> {
	if (!page.url().endsWith('/contacts/external/new')) await page.goto('/contacts/external/new');
	await page.getByLabel('Message ID or phone number').fill(handle);
	const answered = page.waitForResponse((response) => response.url().endsWith('/people/lookup'));
	await page.getByRole('button', { name: 'Search' }).click();
	await answered;
}

export const notFound = (page: Page): Locator => page.getByText('Not found', { exact: true });
export const composer = (page: Page): Locator => page.getByRole('textbox', { name: 'Message', exact: true });
export const thread = (page: Page): Locator => page.getByRole('log');
/** A room in the list, by what its name begins with. */
export const roomEntry = (page: Page, name: string): Locator =>
	page.getByRole('list', { name: 'Rooms' }).getByRole('link', { name: new RegExp(`^${name}`) });

export async function send(page: Page, text: string): Promise<void> {
	await composer(page).fill(text);
	await composer(page).press('Enter');
}

/** The texts in a thread from top to bottom, notices left out. */
export async function texts(page: Page): Promise<string[]> {
	return thread(page).locator('div[data-seq]').allInnerTexts();
}

/** A screen a look: a long list takes many, and the ever longer pauses between looks would use up the time. */
const WHOLE_LIST = { intervals: [50], timeout: 30_000 };

/** The texts of all rows of a list that draws only those in view: scrolled through from its beginning to its end. */
export async function allRows(list: Locator): Promise<string[]> {
	const rows = new Map<number, string>();
	await expect(list.getByRole('listitem').first()).toBeVisible();
	await list.evaluate((element) => element.closest('[data-scroller]')?.scrollTo(0, 0));
	await expect
		.poll(async () => {
			const seen = await list.getByRole('listitem').evaluateAll((elements) =>
				elements.map((element) => ({
					place: Number(element.ariaPosInSet),
					of: Number(element.ariaSetSize),
					text: element.textContent ?? ''
				}))
			);
			for (const row of seen) rows.set(row.place, row.text);
			const atEnd = await list.evaluate((element) => {
				const scroller = element.closest('[data-scroller]')!;
				scroller.scrollBy(0, scroller.clientHeight);
				return scroller.scrollHeight - scroller.clientHeight - scroller.scrollTop < 2;
			});
			const isLoading = await list.locator('xpath=..').getByText('Loading…').count();
			return atEnd && isLoading === 0 && rows.size === seen[0]?.of;
		}, WHOLE_LIST)
		.toBe(true);
	return [...rows.entries()].sort(([a], [b]) => a - b).map(([, text]) => text);
}

/** Ticks people in a dialog, each found by a search. */
export async function choose(dialog: Locator, search: string, names: (string | RegExp)[]): Promise<void> {
	for (const name of names) {
		const word = typeof name === 'string' ? name : name.source;
		await dialog.getByRole('searchbox', { name: search }).fill(word);
		// Whoever does not match is gone first: a list that gets shorter moves what is clicked from under the pointer.
		await expect(dialog.getByRole('checkbox')).toHaveCount(1);
		await dialog.getByRole('checkbox', { name }).check();
	}
}
