/** What a person at the screen must be able to rely on, one small thing at a time. */
import { type BrowserContext, type Page } from '@playwright/test';
import { chapter as test, expect, Server, type Api } from './fixtures.ts';
import { composer, DEMO_PASSWORD, Person, roomEntry, send, signIn, texts, thread, watch } from './stage.ts';

let server: Server;
let context: BrowserContext;
let page: Page;
let complaints: string[];

test.beforeAll(async () => {
	test.setTimeout(120_000);
	server = await Server.start('demo');
	const mina = await server.api('mina@hana.example', DEMO_PASSWORD);
	(await mina.patch('/me', { settings: { language: 'en' } })).ok();
});

test.beforeEach(async ({ browser }) => {
	context = await browser.newContext({ baseURL: server.baseUrl });
	complaints = await watch(context);
	page = await context.newPage();
	await page.goto('/');
});

test.afterEach(async () => {
	await context.close();
});

test.afterAll(async () => {
	await server?.stop();
});

const enter = () => signIn(page, 'mina@hana.example', DEMO_PASSWORD);

test('a wrong password says so, and not which of the two was wrong', async () => {
	for (const handle of ['mina@hana.example', 'nobody@hana.example']) {
		await page.getByLabel('Message ID').fill(handle);
		await page.getByLabel('Password').fill('not the password');
		await page.getByRole('button', { name: 'Sign in' }).click();
		await expect(page.getByRole('alert').filter({ hasText: /./ })).toHaveText(
			'The message ID or the password is wrong.'
		);
		await expect(page.getByLabel('Password')).toHaveValue('');
	}
});

test('signing in leads to the page one had asked for', async () => {
	await page.goto('/settings');
	await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
	await page.getByLabel('Message ID').fill('mina@hana.example');
	await page.getByLabel('Password').fill(DEMO_PASSWORD);
	await page.getByRole('button', { name: 'Sign in' }).click();
	await expect(page.getByRole('heading', { name: 'Settings' })).toBeVisible();
});

test('i52 no page violates the content security policy', async () => {
	await enter();
	for (const path of ['/messages', '/contacts', '/contacts/external/new', '/settings', '/no-such-page']) {
		await page.goto(path);
		await expect(page.getByText('Loading…')).toHaveCount(0);
	}
	await page.goto('/messages');
	await roomEntry(page, 'ランチ部').click();
	await expect(thread(page).getByRole('listitem').first()).toBeVisible();
	await page.getByRole('button', { name: 'New conversation' }).click();
	await expect(page.getByRole('dialog').getByRole('checkbox').first()).toBeVisible();
	expect(complaints).toEqual([]);

	// The listener hears it when there is something to hear.
	await page.evaluate(() => {
		const script = document.createElement('script');
		script.textContent = 'globalThis.injected = true';
		document.body.append(script);
	});
	await expect.poll(() => complaints.some((text) => text.includes('script-src'))).toBe(true);
	expect(await page.evaluate(() => 'injected' in globalThis)).toBe(false);
});

test('i52 what somebody writes stays text', async () => {
	await enter();
	await roomEntry(page, 'ランチ部').click();
	const text = '<img src=x onerror="document.title=1"> <b>bold</b> javascript:alert(1)';
	await send(page, text);
	await expect.poll(async () => (await texts(page)).at(-1)).toBe(text);
	await expect(thread(page).locator('b, img[src="x"], a[href^="javascript"]')).toHaveCount(0);
	expect(complaints).toEqual([]);
});

test('Enter that ends the composing of a word does not send', async () => {
	await enter();
	await roomEntry(page, '中村 結衣').click();
	await composer(page).focus();
	const before = await texts(page);
	const keyboard = await context.newCDPSession(page);
	// What the browser does while a Japanese word is composed: the word is shown, key presses go to the composer of it.
	await keyboard.send('Input.imeSetComposition', { text: 'こんにちは', selectionStart: 5, selectionEnd: 5 });
	const key = { key: 'Enter', code: 'Enter', windowsVirtualKeyCode: 229 };
	await keyboard.send('Input.dispatchKeyEvent', { type: 'rawKeyDown', ...key });
	await keyboard.send('Input.insertText', { text: 'こんにちは' });
	await keyboard.send('Input.dispatchKeyEvent', { type: 'keyUp', ...key });
	await expect(composer(page)).toHaveValue('こんにちは');
	await expect.poll(() => texts(page)).toEqual(before);
	await expect(thread(page).getByText('Sending…')).toHaveCount(0);

	await page.keyboard.press('Enter');
	await expect.poll(() => texts(page)).toEqual([...before, 'こんにちは']);
	await expect(composer(page)).toHaveValue('');
});

test('a long thread opens at its end and keeps its place while older messages come in', async () => {
	const yui: Api = await server.api('yui@hana.example', DEMO_PASSWORD);
	const room = (await yui.get('/rooms')).ok().items.find((found: any) => found.name === 'ランチ部').id;
	const say = async (clientId: string, text: string) =>
		(await yui.post(`/rooms/${room}/messages`, { clientId, text })).ok();
	for (let index = 1; index <= 120; index++) await say(`long-${index}`, `No. ${index} ${'long '.repeat(index % 40)}`);
	// What is unread would be opened at its beginning.
	const mina: Api = await server.api('mina@hana.example', DEMO_PASSWORD);
	const { lastSeq } = (await mina.get(`/rooms/${room}`)).ok();
	(await mina.put(`/rooms/${room}/read`, { seq: lastSeq })).ok();
	await enter();
	await page.goto(`/messages/${room}`);
	const log = thread(page);
	await expect(log.getByText('No. 120 ')).toBeInViewport();
	const drawn = await log.locator('[data-seq]').count();
	expect(drawn, 'only what is in view is drawn').toBeLessThan(100);

	/** Which message stands at the upper edge, and how far from it, once the view is at rest. */
	const place = async () => {
		let seen = '';
		await expect.poll(async () => seen === (seen = JSON.stringify(await edge()))).toBe(true);
		return JSON.parse(seen) as { seq: string; offset: number };
	};
	const edge = () =>
		log.evaluate((scroller) => {
			const top = scroller.getBoundingClientRect().top;
			const rows = [...scroller.querySelectorAll<HTMLElement>('[data-seq]')];
			const first = rows.find((row) => row.getBoundingClientRect().bottom > top)!;
			return { seq: first.dataset['seq'], offset: Math.round(first.getBoundingClientRect().top - top) };
		});
	await log.hover();
	let letThrough = () => {};
	const held = new Promise<void>((resolve) => (letThrough = resolve));
	await page.route(/before=/, async (route) => {
		await held;
		await route.continue();
	});
	await expect
		.poll(async () => {
			await page.mouse.wheel(0, -300);
			return log.evaluate((scroller) => scroller.scrollTop < 800);
		})
		.toBe(true);
	const height = () => log.evaluate((scroller) => scroller.scrollHeight);
	const short = await height();
	const before = await place();
	letThrough();
	await expect.poll(height).toBeGreaterThan(short + 400);
	const after = await place();
	expect(after.seq).toBe(before.seq);
	expect(Math.abs(after.offset - before.offset)).toBeLessThan(4);

	await say('long-late', 'Said while one reads further up');
	await expect(page.getByRole('button', { name: /new message|newest/ })).toBeVisible();
	expect((await place()).seq).toBe(before.seq);
});

test('single keys lead around, and ? shows them', async () => {
	await enter();
	await page.keyboard.press('?');
	const map = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
	await expect(map.getByText('Next room in the list')).toBeVisible();
	await page.keyboard.press('Escape');
	await expect(map).toBeHidden();
	await page.keyboard.press('j');
	await expect(composer(page)).toBeFocused();
	// While one writes, letters are letters.
	await page.keyboard.type('jkn?/');
	await expect(composer(page)).toHaveValue('jkn?/');
	await composer(page).fill('');
});

test('a draft is kept for its room until it is sent, and gone after signing out', async () => {
	await enter();
	await roomEntry(page, '山本 健二').click();
	await composer(page).fill('Half a thou');
	await roomEntry(page, 'ランチ部').click();
	await expect(composer(page)).toHaveValue('');
	await page.reload();
	await roomEntry(page, '山本 健二').click();
	await expect(composer(page)).toHaveValue('Half a thou');

	await page.getByRole('button', { name: 'My menu: Mina Sato' }).click();
	await page.getByRole('menuitem', { name: 'Sign out' }).click();
	await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
	await enter();
	await roomEntry(page, '山本 健二').click();
	await expect(composer(page)).toHaveValue('');
});

test('i41 signing out in one window closes the others', async () => {
	await enter();
	const other = await context.newPage();
	await other.goto('/settings');
	await expect(other.getByRole('heading', { name: 'Settings' })).toBeVisible();
	await other.getByRole('button', { name: 'Sign out' }).click();
	await expect(other.getByRole('heading', { name: 'Sign in' })).toBeVisible();
	await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible({ timeout: 2_000 });
});

test('a room one is taken out of goes away at once, and comes back when one is let in again', async () => {
	const yui: Api = await server.api('yui@hana.example', DEMO_PASSWORD);
	const room = (await yui.get('/rooms')).ok().items.find((found: any) => found.name === 'ランチ部').id;
	await enter();
	const mina = (await (await context.request.get('/api/v1/me')).json()).id;
	await roomEntry(page, 'ランチ部').click();
	await expect(composer(page)).toBeVisible();
	(await yui.delete(`/rooms/${room}/participants/${mina}`)).ok();
	await expect(page.getByText('This room is not available.')).toBeVisible({ timeout: 2_000 });
	await expect(roomEntry(page, 'ランチ部')).toHaveCount(0);
	(await yui.post(`/rooms/${room}/participants`, { memberIds: [mina] })).ok();
	await expect(composer(page)).toBeVisible({ timeout: 2_000 });
	await expect(thread(page)).toContainText('中村 結衣 added you');
});

test('the screens speak Japanese and Korean', async ({ browser }) => {
	const jihoon = await Person.signIn(browser, server, 'jihoon@hana.example');
	await jihoon.page.goto('/settings');
	const language = (name: string) => jihoon.page.getByLabel(name);
	await language('Language').selectOption('日本語');
	await expect(jihoon.page.getByRole('heading', { name: '設定', exact: true })).toBeVisible();
	await expect(jihoon.page.locator('html')).toHaveAttribute('lang', 'ja');
	await language('言語').selectOption('한국어');
	await expect(jihoon.page.getByRole('heading', { name: '설정', exact: true })).toBeVisible();
	await expect(jihoon.page.locator('html')).toHaveAttribute('lang', 'ko');
	await jihoon.page.reload();
	await expect(jihoon.page.getByRole('heading', { name: '설정', exact: true })).toBeVisible();
	expect(jihoon.complaints).toEqual([]);
	await jihoon.context.close();
});
