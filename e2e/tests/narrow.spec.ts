/** Talking with somebody outside on phones: one pane at a time, live, frozen and open again. */
import { type Page } from '@playwright/test';
import { chapter as test, expect, expectAccessible, Server } from './fixtures.ts';
import { allRows, choose, composer, Person, roomEntry, send, thread } from './stage.ts';

const PHONE = { width: 390, height: 844 };

let server: Server;
let mina: Person;
let leo: Person;

test.describe.configure({ mode: 'serial' });

test.beforeAll(async ({ browser }) => {
	test.setTimeout(120_000);
	server = await Server.start('demo', ['--connected']);
	mina = await Person.signIn(browser, server, 'mina@hana.example');
	leo = await Person.signIn(browser, server, 'leo@borealis.example');
	for (const { page } of [mina, leo]) {
		await page.emulateMedia({ reducedMotion: 'reduce' });
		await page.setViewportSize(PHONE);
	}
});

test.afterAll(async () => {
	const complaints = [mina, leo].flatMap((person) => person?.complaints ?? []);
	for (const person of [mina, leo]) await person?.context.close();
	await server?.stop();
	expect(complaints).toEqual([]);
});

async function expectWhole(page: Page): Promise<void> {
	await expectAccessible(page, 'allButColours');
	const beyond = await page.evaluate(() => {
		const { scrollWidth, scrollHeight } = document.documentElement;
		return [scrollWidth - innerWidth, scrollHeight - innerHeight];
	});
	expect(beyond, 'the page is as large as the screen').toEqual([0, 0]);
}

const back = (page: Page) => page.getByRole('link', { name: 'Back to messages' });

test('b11 the list marks rooms with people outside, and shows only those', async () => {
	const { page } = mina;
	const list = page.getByRole('list', { name: 'Rooms' });
	const rows = async (filter: string) => {
		await page.getByRole('button', { name: filter, exact: true }).click();
		return allRows(list);
	};
	const external = await rows('External');
	const all = await rows('All');
	expect(external.length).toBe((await mina.api.get('/rooms?filter=external&limit=200')).ok().items.length);
	expect(all.length).toBeGreaterThan(external.length);
	for (const row of external) expect(row).toMatch(/Outside · (Borealis Logistics|Cedar)/);
	for (const row of all.filter((row) => !external.includes(row))) expect(row).not.toContain('Outside');
});

test('a room takes the whole screen, and says who outside reads it', async () => {
	const { page } = mina;
	await expect(composer(page)).toBeHidden();
	await roomEntry(page, 'Yokohama').click();
	await expect(page.getByRole('list', { name: 'Rooms' })).toBeHidden();
	await expect(page.getByText('3 people outside: Borealis Logistics').first()).toBeVisible();
	await expect(thread(page).locator('[data-seq]').last()).toBeInViewport();
	await expectWhole(page);
	await page.getByRole('button', { name: 'Room details' }).click();
	await expect(page.getByRole('complementary', { name: 'Room details' })).toBeVisible();
	await expect(composer(page)).toBeHidden();
	await expectWhole(page);
	await page.getByRole('button', { name: 'Close details' }).click();
	await expect(composer(page)).toBeVisible();
	await back(page).click();
	await expect(roomEntry(page, 'Leo Tremblay')).toBeVisible();
	await expectWhole(page);
});

test('a message arrives at once, on the list and in the room', async () => {
	await roomEntry(mina.page, 'Leo Tremblay').click();
	await send(mina.page, 'Written on a phone');
	await expect(roomEntry(leo.page, 'Mina Sato')).toContainText('Written on a phone');
	await expect(roomEntry(leo.page, 'Mina Sato')).toContainText('1 unread message');
	await roomEntry(leo.page, 'Mina Sato').click();
	await expect(thread(leo.page)).toContainText('Written on a phone');
	await send(leo.page, 'Read on another');
	await expect(thread(mina.page)).toContainText('Read on another');
	// Whoever loads the page anew stays where they were.
	await mina.page.reload();
	await expect(thread(mina.page).getByText('Read on another')).toBeInViewport();
	await expectWhole(mina.page);
});

test('a revocation freezes the room under the thumb, and it goes on when it is taken back', async () => {
	const claire = await server.api('claire@borealis.example', 'liaison-demo');
	const id = (await claire.get('/company/members?query=leo%40')).ok().items[0].id;
	(await claire.post('/company/external/partner/grants/revoke', { memberIds: [id] })).ok();
	for (const { page } of [mina, leo]) {
		await expect(page.getByRole('region', { name: 'This room is frozen' })).toBeVisible();
		await expect(composer(page)).toBeHidden();
		await expectWhole(page);
	}
	await expect(mina.page.getByRole('region', { name: 'This room is frozen' })).toContainText('Other side:');
	(await claire.post('/company/external/partner/grants', { memberIds: [id] })).ok();
	await send(leo.page, 'Here again');
	await expect(thread(mina.page)).toContainText('Here again');
});

test('a group with both companies is made', async () => {
	const { page } = mina;
	await back(page).click();
	await page.getByRole('button', { name: 'New conversation' }).click();
	const dialog = page.getByRole('dialog');
	await choose(dialog, 'Search people', [/Leo Tremblay/, /山本 健二/]);
	await dialog.getByLabel('Group name (optional)').fill('On the way');
	await expectWhole(page);
	await dialog.getByRole('button', { name: 'Start conversation' }).click();
	await send(page, 'All aboard');
	await back(leo.page).click();
	await expect(roomEntry(leo.page, 'On the way')).toContainText('All aboard');
});
