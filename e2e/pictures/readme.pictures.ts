/** The pictures of the README, taken from the connected demo: what one sees there is what the demo shows. */
import { type Browser, type Page } from '@playwright/test';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { chapter as picture, expect, Server } from '../tests/fixtures.ts';
import { DEMO_PASSWORD, lookUp, roomEntry, signIn, thread } from '../tests/stage.ts';

const FOLDER = join(import.meta.dirname, '../../docs/screenshots');
const LARGEST = 300_000;

// Wide enough for three panes.
const WIDE = { width: 1400, height: 800 };
const PHONE = { width: 390, height: 844 };

let server: Server;

picture.beforeAll(async () => {
	picture.setTimeout(120_000);
	server = await Server.start('demo', ['--connected']);
});

picture.afterAll(async () => {
	await server?.stop();
});

interface Look {
	size?: { width: number; height: number };
	colorScheme?: 'light' | 'dark';
}

async function open(browser: Browser, handle: string, { size = WIDE, colorScheme = 'light' }: Look = {}): Promise<Page> {
	const api = await server.api(handle, DEMO_PASSWORD);
	(await api.patch('/me', { settings: { language: 'en' } })).ok();
	const context = await browser.newContext({
		baseURL: server.baseUrl,
		viewport: size,
		colorScheme,
		reducedMotion: 'reduce'
	});
	const page = await context.newPage();
	await page.goto('/');
	await signIn(page, handle, DEMO_PASSWORD);
	return page;
}

async function take(page: Page, name: string): Promise<void> {
	// Photos that are still coming would leave holes.
	await page.waitForLoadState('networkidle');
	await page.mouse.move(0, 0);
	await page.getByRole('textbox', { name: 'Message', exact: true }).blur({ timeout: 500 }).catch(() => {});
	const path = join(FOLDER, `${name}.png`);
	await page.screenshot({ path, caret: 'hide' });
	expect(statSync(path).size, `${name}.png is small enough for the repository`).toBeLessThan(LARGEST);
	await page.context().close();
}

async function openRoom(page: Page, name: string): Promise<void> {
	await roomEntry(page, name).click();
	await expect(thread(page).locator('[data-seq]').last()).toBeInViewport();
}

picture('a room of two companies', async ({ browser }) => {
	const page = await open(browser, 'mina@hana.example');
	await openRoom(page, 'Yokohama');
	await take(page, 'group');
});

picture('dark', async ({ browser }) => {
	const page = await open(browser, 'mina@hana.example', { colorScheme: 'dark' });
	await openRoom(page, 'Leo Tremblay');
	await take(page, 'direct-room-dark');
});

picture('on a phone', async ({ browser }) => {
	const page = await open(browser, 'mina@hana.example', { size: PHONE });
	await lookUp(page, 'amelie@borealis.example');
	await expect(page.getByRole('article')).toBeVisible();
	await take(page, 'lookup-phone');
});

/** Mina's contact of Leo, with what one notes about somebody. */
async function noteDown(): Promise<string> {
	const mina = await server.api('mina@hana.example', DEMO_PASSWORD);
	const id = (await mina.get('/contacts?section=external&query=Leo')).ok().items[0].id;
	const fields = {
		emails: [{ type: 'work', value: 'leo@borealis.example', primary: true }],
		phones: [
			{ type: 'mobile', value: '+1 416-555-0101', primary: true },
			{ type: 'Rail desk', value: '+1 416-555-0100' }
		],
		organisations: [{ name: 'Borealis Logistics', department: 'Rail & Intermodal', title: 'Account lead' }],
		addresses: [
			{ type: 'work', street: '88 Harbour Street', locality: 'Toronto', region: 'ON', country: 'Canada' }
		],
		memo: 'Rail bookings and HT-2041. Best reached before noon, Toronto time.'
	};
	(await mina.patch(`/contacts/${id}`, fields)).ok();
	return id;
}

picture('a contact', async ({ browser }) => {
	const id = await noteDown();
	const page = await open(browser, 'mina@hana.example');
	await page.goto(`/contacts/${id}`);
	await expect(page.getByRole('region', { name: 'Phone numbers' })).toBeVisible();
	await take(page, 'contact');
});

picture('editing a contact on a phone', async ({ browser }) => {
	const id = await noteDown();
	const page = await open(browser, 'mina@hana.example', { size: PHONE, colorScheme: 'dark' });
	await page.goto(`/contacts/${id}/edit`);
	await page.getByRole('group', { name: 'Phone numbers', exact: true }).scrollIntoViewIfNeeded();
	await take(page, 'contact-edit-phone');
});

picture('a colleague saved in between', async ({ browser }) => {
	const id = await noteDown();
	const mina = await server.api('mina@hana.example', DEMO_PASSWORD);
	const page = await open(browser, 'mina@hana.example');
	await page.goto(`/contacts/${id}/edit`);
	await page.getByRole('textbox', { name: 'Memo' }).fill('Rail bookings. HT-2041 left Yokohama on Tuesday.');
	(await mina.patch(`/contacts/${id}`, { memo: 'Rail bookings. On holiday from 12 December.', tags: ['Rail', 'HT-2041', 'VIP'] })).ok();
	await page.getByRole('button', { name: 'Save' }).click();
	await expect(page.getByRole('dialog', { name: 'Somebody else saved in between' })).toBeVisible();
	await take(page, 'contact-conflict');
});

picture('why a contact cannot be deleted yet', async ({ browser }) => {
	const id = await noteDown();
	const page = await open(browser, 'mina@hana.example', { size: PHONE });
	await page.goto(`/contacts/${id}`);
	await page.getByRole('button', { name: 'Delete' }).click();
	await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
	await expect(page.getByRole('dialog').getByRole('link', { name: /Yokohama/ })).toBeVisible();
	await take(page, 'contact-shared-room-phone');
});

picture('who holds the permission', async ({ browser }) => {
	const page = await open(browser, 'aiko@hana.example');
	await page.goto('/admin/security/external');
	await expect(page.getByRole('checkbox', { name: 'Select Mina Sato' })).toBeVisible();
	await take(page, 'people-with-permission');
});

picture('my card on a phone', async ({ browser }) => {
	const page = await open(browser, 'mina@hana.example', { size: PHONE });
	await page.goto('/card');
	await expect(page.getByRole('button', { name: 'Save image' })).toBeEnabled();
	await take(page, 'card-phone');
});

picture('inviting, and what the invited one sees', async ({ browser }) => {
	const page = await open(browser, 'mina@hana.example', { colorScheme: 'dark' });
	await page.goto('/contacts/external/new?tab=invite');
	await page.getByLabel('Purpose').fill('Spring fair, booth 12');
	await page.getByRole('button', { name: 'Make invitation' }).click();
	const ready = page.getByRole('region', { name: 'Your invitation' });
	await page.getByRole('button', { name: 'Dismiss' }).click();
	const url = await ready.getByText(/\/i\//).innerText();
	await take(page, 'invitation');
	const invited = await open(browser, 'leo@borealis.example', { size: PHONE });
	await invited.goto(url);
	await expect(invited.getByRole('button', { name: 'Add as contact' })).toBeVisible();
	await take(invited, 'invitation-landing-phone');
});

picture('a first contact that waits for a yes', async ({ browser }) => {
	const claire = await server.api('claire@borealis.example', DEMO_PASSWORD);
	(await claire.patch('/company/external/partner', { firstContact: 'request' })).ok();
	const kenji = await server.api('kenji@hana.example', DEMO_PASSWORD);
	const card = (await kenji.post('/people/lookup', { handle: 'daniel@borealis.example' })).ok();
	(await kenji.post('/contacts', { personRef: card.personRef })).ok();
	const page = await open(browser, 'daniel@borealis.example', { size: PHONE });
	await page.getByRole('button', { name: 'Requests (1)' }).click();
	await page.getByRole('list', { name: 'Rooms' }).getByRole('link').first().click();
	await expect(page.getByRole('region', { name: 'First contact' })).toBeVisible();
	await take(page, 'request-phone');
});

picture('a frozen room', async ({ browser }) => {
	const page = await open(browser, 'leo@borealis.example');
	await openRoom(page, 'Mina Sato');
	const claire = await server.api('claire@borealis.example', DEMO_PASSWORD);
	const leo = (await claire.get('/company/members?query=leo%40')).ok().items[0].id;
	(await claire.post('/company/external/partner/grants/revoke', { memberIds: [leo] })).ok();
	await expect(page.getByRole('region', { name: 'This room is frozen' })).toBeVisible();
	await page.getByRole('button', { name: 'Dismiss' }).click();
	await take(page, 'frozen-room');
});

picture('the audit log', async ({ browser }) => {
	const page = await open(browser, 'claire@borealis.example');
	await page.goto('/admin/audit');
	await page.getByLabel('Category').selectOption('External chat');
	await expect(page.getByText('grant.revoked')).toBeVisible();
	await take(page, 'audit');
});
