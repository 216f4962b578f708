/**
 * When somebody outside is a stranger or a nuisance: a first contact is accepted or declined, somebody is reported to
 * one's own administrators, blocked and unblocked; and what the other side sees of it, which is nothing. On a wide screen
 * and on phones.
 */
import { type Page, type TestInfo } from '@playwright/test';
import { chapter as test, expect, expectAccessible, Server } from './fixtures.ts';
import { composer, lookUp, Person, roomEntry, send, texts, thread } from './stage.ts';

const WIDE = { width: 1440, height: 900 };
const NARROW = { width: 390, height: 844 };

/** Everything at both widths, in both schemes. */
async function expectAccessibleEverywhere(page: Page) {
	for (const colorScheme of ['light', 'dark'] as const) {
		await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
		await expectAccessible(page);
	}
	const size = page.viewportSize()!;
	await page.setViewportSize(size.width > 800 ? NARROW : WIDE);
	await expectAccessible(page);
	await page.setViewportSize(size);
	await page.emulateMedia({ colorScheme: 'light', reducedMotion: null });
}

const request = (page: Page) => page.getByRole('region', { name: 'First contact' });

/** On a phone the list of rooms is the room's way back. */
async function openRoom(page: Page, name: string) {
	if (page.viewportSize()!.width < 800 && /messages\/room_/.test(page.url())) {
		await page.getByRole('link', { name: 'Back to messages' }).click();
	}
	await roomEntry(page, name).click();
}

for (const [name, size] of [
	['wide', WIDE],
	['narrow', NARROW],
] as const) {
	test.describe(name, () => {
		test.describe.configure({ mode: 'serial' });

		let server: Server;
		let aiko: Person; // owner, Hana Trading
		let mina: Person; // Hana Trading
		let leo: Person; // Borealis Logistics
		let amelie: Person; // Borealis Logistics

		test.beforeAll(async ({ browser }) => {
			test.setTimeout(120_000);
			server = await Server.start('demo');
			aiko = await Person.signIn(browser, server, 'aiko@hana.example');
			mina = await Person.signIn(browser, server, 'mina@hana.example');
			leo = await Person.signIn(browser, server, 'leo@borealis.example');
			amelie = await Person.signIn(browser, server, 'amelie@borealis.example');
			for (const { page } of [aiko, mina, leo, amelie]) await page.setViewportSize(size);
			const claire = await server.api('claire@borealis.example', 'liaison-demo');
			const idOf = async (person: Person) => (await person.api.get('/me')).ok().id as string;
			const allowed = { connect: 'allow', mode: 'selectedMembers' };
			(await aiko.api.patch('/company/external/partner', { ...allowed, firstContact: 'request' })).ok();
			(await claire.patch('/company/external/partner', allowed)).ok();
			(await aiko.api.post('/company/external/partner/grants', { memberIds: [await idOf(mina)] })).ok();
			const memberIds = [await idOf(leo), await idOf(amelie)];
			(await claire.post('/company/external/partner/grants', { memberIds })).ok();
		});

		test.afterEach(async ({}, testInfo: TestInfo) => {
			if (testInfo.status === testInfo.expectedStatus) return;
			await testInfo.attach('server log', { body: server.log, contentType: 'text/plain' });
		});

		test.afterAll(async () => {
			for (const person of [aiko, mina, leo, amelie]) await person?.context.close();
			await server?.stop();
		});

		test('a first contact waits until it is accepted', async () => {
			await test.step('Leo adds Mina, and reads what he waits for', async () => {
				await lookUp(leo.page, 'mina@hana.example');
				await leo.page.getByRole('button', { name: 'Add', exact: true }).click();
				const panel = leo.page.getByRole('region', { name: 'This room is frozen' });
				await expect(panel).toContainText('The other company does not allow this at present.');
				await expect(panel).toContainText('Mina Sato first has to accept your contact');
				await expect(composer(leo.page)).toBeHidden();
			});
			await test.step('Mina sees the request: a badge, a filter, a mark', async () => {
				const { page } = mina;
				await expect(page).toHaveTitle(/^\(\d+\) Liaison/);
				await page.getByRole('button', { name: 'Requests (1)' }).click();
				const list = page.getByRole('list', { name: 'Rooms' });
				await expect(list.getByRole('listitem')).toHaveCount(1);
				await expect(roomEntry(page, 'Leo Tremblay')).toContainText('Contact request');
				await expect(page.getByRole('link', { name: /Messages.*1 contact request/ }).first()).toBeVisible();
				await openRoom(page, 'Leo Tremblay');
			});
			await test.step('she sees who asks, with photo, and nothing else; and accepts', async () => {
				const { page } = mina;
				const panel = request(page);
				await expect(panel).toContainText('Leo Tremblay');
				await expect(page.getByText('This room was frozen')).toBeHidden();
				await expect(panel).toContainText('Borealis Logistics');
				await expect(panel).not.toContainText('@');
				await expect(panel.locator('img')).toHaveJSProperty('complete', true);
				expect(await panel.locator('img').evaluate((image: HTMLImageElement) => image.naturalWidth)).toBeGreaterThan(0);
				await expectAccessibleEverywhere(page);
				await panel.getByRole('button', { name: 'Accept' }).click();
				await expect(panel).toBeHidden();
				await expect(page.getByRole('button', { name: /^Requests/ })).toBeHidden();
				await send(page, 'Welcome, Leo');
			});
			await test.step('Leo can write, without loading anything', async () => {
				await expect(thread(leo.page).getByText('Welcome, Leo')).toBeVisible();
				await send(leo.page, 'Buy three, pay two');
				await send(leo.page, 'Only today');
				await expect(thread(mina.page).getByText('Only today')).toBeVisible();
			});
		});

		test('a first contact is declined, and the asker reads nothing of it', async () => {
			await lookUp(amelie.page, 'mina@hana.example');
			await amelie.page.getByRole('button', { name: 'Add', exact: true }).click();
			const panel = amelie.page.getByRole('region', { name: 'This room is frozen' });
			await expect(panel).toBeVisible();
			const before = await panel.innerText();
			const { page } = mina;
			await openRoom(page, 'Amélie Bouchard');
			await request(page).getByRole('button', { name: 'Decline' }).click();
			await expect(request(page)).toBeHidden();
			await expect(page.getByRole('region', { name: 'This room is frozen' })).toBeVisible();
			await amelie.page.reload();
			await expect(panel).toBeVisible();
			expect(await panel.innerText()).toBe(before);
			// Mina may change her mind: adding is her yes.
			await page.getByRole('region', { name: 'Contact' }).getByRole('button', { name: 'Add contact' }).click();
			await expect(composer(page)).toBeVisible();
			await expect(composer(amelie.page)).toBeVisible();
		});

		test('somebody outside is reported, and an administrator closes the report', async () => {
			await test.step('Mina reports Leo, with a message of his', async () => {
				const { page } = mina;
				await openRoom(page, 'Leo Tremblay');
				await page.getByRole('region', { name: 'Contact' }).getByRole('button', { name: 'Report' }).click();
				const dialog = page.getByRole('dialog', { name: 'Report Leo Tremblay' });
				await expect(dialog).toContainText('Neither Leo Tremblay nor Borealis Logistics is told.');
				await dialog.getByLabel('Spam or unwanted advertising').check();
				await dialog.getByLabel('What should your administrators know?').fill('The third time this week.');
				await dialog.getByRole('checkbox', { name: /Only today/ }).check();
				await expectAccessibleEverywhere(page);
				await dialog.getByRole('button', { name: 'Send report' }).click();
				await expect(page.getByText('Your administrators have your report.')).toBeVisible();
				await expect(dialog).toBeHidden();
			});
			await test.step('Aiko sees at once that one waits, and reads it', async () => {
				const { page } = aiko;
				await page
					.getByRole('link', { name: /Admin.*1 open report/ })
					.first()
					.click();
				await page.getByRole('link', { name: /Reports.*1 open report/ }).click();
				await expectAccessibleEverywhere(page);
				await page.getByRole('link', { name: /Leo Tremblay/ }).click();
				await expect(page.getByRole('heading', { name: 'Report about Leo Tremblay' })).toBeVisible();
				await expect(page.getByText('The third time this week.')).toBeVisible();
				await expect(page.getByText('Only today')).toBeVisible();
				await expect(page.getByText('Buy three, pay two')).toBeHidden();
				await expectAccessibleEverywhere(page);
			});
			await test.step('and closes it with what came of it', async () => {
				const { page } = aiko;
				await page.getByRole('button', { name: 'Close report' }).click();
				const dialog = page.getByRole('dialog', { name: 'Close report' });
				await dialog.getByLabel('No action needed').check();
				await dialog.getByLabel('Note for the other administrators').fill('Talked to Mina.');
				await expectAccessibleEverywhere(page);
				await dialog.getByRole('button', { name: 'Close report' }).click();
				await expect(page.getByText('Closed by', { exact: false })).toBeVisible();
				await page.getByRole('link', { name: 'Back to reports' }).click();
				await expect(page.getByText('No report waits for you')).toBeVisible();
				await page.getByRole('button', { name: 'Closed', exact: true }).click();
				await expect(page.getByRole('link', { name: /Leo Tremblay.*No action needed/ })).toBeVisible();
			});
			await test.step('Leo sees nothing of all this', async () => {
				expect((await texts(leo.page)).join()).not.toContain('report');
				await expect(composer(leo.page)).toBeVisible();
			});
		});

		test('somebody is blocked from the room and unblocked in the settings', async () => {
			const { page } = mina;
			await page.getByRole('region', { name: 'Contact' }).getByRole('button', { name: 'Block', exact: true }).click();
			const dialog = page.getByRole('dialog', { name: 'Block Leo Tremblay?' });
			await expect(dialog).toContainText('stays hidden for good');
			await dialog.getByRole('button', { name: 'Block', exact: true }).click();
			await expect(page.getByRole('region', { name: 'You have blocked Leo Tremblay.' })).toBeVisible();
			await expect(composer(page)).toBeHidden();
			await send(leo.page, 'Are you there?');
			await expect(thread(leo.page).getByText('Are you there?')).toBeVisible();

			await page.goto('/settings');
			const blocked = page.getByRole('region', { name: 'Blocked people' });
			await expect(blocked).toContainText('Leo Tremblay');
			await expect(blocked).toContainText('Borealis Logistics');
			await expectAccessibleEverywhere(page);
			await blocked.getByRole('button', { name: 'Unblock Leo Tremblay' }).click();
			await expect(blocked.getByText('You have blocked nobody.')).toBeVisible();
			await page.getByRole('link', { name: 'Messages' }).first().click();
			await openRoom(page, 'Leo Tremblay');
			await send(leo.page, 'One more question');
			await expect(thread(page).getByText('One more question')).toBeVisible();
			await expect(thread(page).getByText('Are you there?')).toBeHidden();
			for (const person of [aiko, mina, leo, amelie]) expect(person.complaints).toEqual([]);
		});
	});
}
