/**
 * The contact book, as people use it, on a wide screen and on a phone: entries of one's own, sharing and editing with a
 * colleague, deleting and what freezes with it, the trash. One server for each width; every test continues where the one
 * before ended.
 */
import { type Locator, type Page, type TestInfo } from '@playwright/test';
import { chapter, expect, expectAccessible, Server } from './fixtures.ts';
import { composer, Person, send, thread } from './stage.ts';

const WIDTHS = [
	{ name: 'wide', size: { width: 1440, height: 900 } },
	{ name: 'narrow', size: { width: 390, height: 844 } }
];

const nameOf = (page: Page, name: string) => page.getByRole('heading', { name, level: 2, exact: true });
const saved = (page: Page) => page.getByText('Saved.', { exact: true });

/** A row of a field in the form. */
const row = (page: Page, field: string, number = 1): Locator => page.getByRole('group', { name: `${field} ${number}`, exact: true });

async function addRow(page: Page, button: string): Promise<void> {
	await page.getByRole('button', { name: button, exact: true }).click();
	// The focus goes where one writes next.
	await expect(page.locator('[data-row] input:focus')).toHaveCount(1);
}

async function openSection(page: Page, section: string): Promise<void> {
	await page.goto('/contacts');
	await page.getByRole('tab', { name: section, exact: true }).click();
}

async function expectWhole(page: Page): Promise<void> {
	await expectAccessible(page);
	const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
	expect(overflow, 'nothing is wider than the screen').toBeLessThanOrEqual(0);
}

for (const { name, size } of WIDTHS) {
	chapter.describe(`the contact book, ${name}`, () => {
		chapter.describe.configure({ mode: 'serial' });
		let server: Server;
		let mina: Person;
		let kenji: Person;
		let leo: Person;
		let leoPath: string;
		let rosaPath: string;

		chapter.beforeAll(async ({ browser }) => {
			chapter.setTimeout(180_000);
			server = await Server.start('demo', ['--connected']);
			mina = await Person.signIn(browser, server, 'mina@hana.example');
			kenji = await Person.signIn(browser, server, 'kenji@hana.example');
			leo = await Person.signIn(browser, server, 'leo@borealis.example');
			for (const { page } of [mina, kenji, leo]) {
				await page.emulateMedia({ reducedMotion: 'reduce' });
				await page.setViewportSize(size);
			}
			const items = (await mina.api.get('/contacts?section=external&query=Leo')).ok().items;
			leoPath = `/contacts/${items[0].id}`;
		});

		chapter.afterEach(async ({}, testInfo: TestInfo) => {
			if (testInfo.status === testInfo.expectedStatus) return;
			await testInfo.attach('server log', { body: server.log, contentType: 'text/plain' });
		});

		chapter.afterAll(async () => {
			const people = [mina, kenji, leo].filter(Boolean);
			const complaints = people.flatMap((person) => person.complaints);
			for (const person of people) await person.context.close();
			await server?.stop();
			expect(complaints).toEqual([]);
		});

		chapter('b12 an entry of one’s own is written, refused where it is wrong, and saved', async () => {
			const { page } = mina;
			await page.goto('/contacts');
			await page.getByRole('button', { name: size.width > 768 ? 'New' : 'Add', exact: true }).click();
			await page.getByRole('menuitem', { name: 'Contact', exact: true }).click();
			await page.getByRole('textbox', { name: 'Name', exact: true }).fill('勅使河原 エリザベス小百合');
			await page.getByLabel('Company', { exact: true }).fill('Brampton Ramp Services');
			await addRow(page, 'Add e-mail address');
			await page.keyboard.type('rosa@');
			await addRow(page, 'Add phone number');
			await page.keyboard.type('+1 416-555-0199');
			await addRow(page, 'Add phone number');
			await page.keyboard.type('+1 416-555-0198');
			await row(page, 'Phone numbers', 2).getByLabel('Kind', { exact: true }).selectOption('Other…');
			await page.keyboard.type('Ramp desk');
			await row(page, 'Phone numbers', 2).getByLabel('Primary').check();
			await addRow(page, 'Add date');
			await row(page, 'Dates').getByLabel('Date', { exact: true }).fill('1990-02-03');
			await addRow(page, 'Add field');
			await row(page, 'Other fields').getByLabel('Field', { exact: true }).fill('Dock');
			await row(page, 'Other fields').getByLabel('Value', { exact: true }).fill('4');
			await page.getByRole('combobox', { name: 'Tags' }).fill('Ramp');
			await page.keyboard.press('Enter');
			await page.getByRole('textbox', { name: 'Memo' }).fill('Six in the morning.');
			await expect(page.getByText('19 of 4000 characters')).toBeVisible();
			await page.getByRole('button', { name: 'Save' }).click();

			const email = row(page, 'E-mail addresses').getByLabel('E-mail', { exact: true });
			await expect(email).toBeFocused();
			await expect(email).toHaveAccessibleDescription('This is not an e-mail address. Example: name@example.com');
			await expectWhole(page);
			await email.fill('rosa@bramptonramp.example');
			await page.getByRole('button', { name: 'Save' }).click();

			await expect(nameOf(page, '勅使河原 エリザベス小百合')).toBeVisible();
			rosaPath = new URL(page.url()).pathname;
			await expect(page.getByRole('region', { name: 'Phone numbers' })).toContainText('Ramp desk · Primary');
			await expect(page.getByRole('region', { name: 'Dates' })).toContainText(/3 February 1990|February 3, 1990/);
			await expect(page.getByRole('link', { name: 'rosa@bramptonramp.example' })).toHaveAttribute(
				'href',
				'mailto:rosa@bramptonramp.example'
			);
			await expectWhole(page);
		});

		chapter('b10 it is found by tag, by typing and in its section', async () => {
			const { page } = mina;
			await openSection(page, 'Tags');
			await page.getByRole('button', { name: /^Ramp/ }).click();
			await expect(page.getByRole('list', { name: 'Ramp' }).getByRole('link')).toHaveCount(1);
			await expectWhole(page);
			await openSection(page, 'External');
			const external = page.getByRole('list', { name: 'External', exact: true });
			await expect(external.getByRole('link', { name: /Leo Tremblay/ })).toBeVisible();
			await expect(external.getByRole('link', { name: /勅使河原/ })).toHaveCount(0);
			await openSection(page, 'All');
			const all = page.getByRole('list', { name: 'All', exact: true });
			await page.getByRole('searchbox', { name: 'Search contacts' }).fill('Brampton');
			await expect(all.getByRole('link')).toHaveCount(1);
			await page.getByRole('searchbox', { name: 'Search contacts' }).fill('nobody at all');
			await expect(page.getByText('Nobody found.')).toBeVisible();
			await page.getByRole('searchbox', { name: 'Search contacts' }).fill('');
			await page.getByLabel('Sort by').selectOption('Newest');
			await expect(all.getByRole('link').first()).toContainText('勅使河原');
			await expectWhole(page);
		});

		chapter('b7 external people are found by the menus that the screen has', async () => {
			const { page } = mina;
			await page.goto('/contacts');
			await page.getByRole('button', { name: size.width > 768 ? 'New' : 'Add', exact: true }).click();
			const entry = size.width > 768 ? 'External contact' : 'Add external contact';
			await page.getByRole('menuitem', { name: entry, exact: true }).click();
			await page.getByRole('link', { name: /^External user/ }).click();
			await expect(page.getByRole('tab', { name: 'Search users' })).toHaveAttribute('aria-selected', 'true');
		});

		chapter('b14 who is in the books of two colleagues stands in the list once', async () => {
			const personRef = async () =>
				(await kenji.api.post('/people/lookup', { handle: 'leo@borealis.example' })).ok().personRef as string;
			const aiko = await server.api('aiko@hana.example', 'liaison-demo');
			const id = (await kenji.api.get('/me')).ok().id;
			(await aiko.post('/company/external/partner/grants', { memberIds: [id] })).ok();
			const theirs = (await kenji.api.post('/contacts', { personRef: await personRef() })).ok();
			(await kenji.api.put(`/contacts/${theirs.id}/visibility`, { range: 'company' })).ok();
			const { page } = mina;
			await openSection(page, 'External');
			const rows = page.getByRole('list', { name: 'External', exact: true }).getByRole('link', { name: /Leo Tremblay/ });
			await expect(rows).toContainText('2 relations');
			await expect(rows).toHaveCount(1);
			await expectWhole(page);
			await rows.click();
			await expect(page.getByRole('link', { name: /山本 健二/ })).toBeVisible();
			(await kenji.api.delete(`/contacts/${theirs.id}`)).ok();
		});

		chapter('b12 what follows the other side is locked, and unsaved changes are not lost by accident', async () => {
			const { page } = mina;
			await page.goto(`${leoPath}/edit`);
			await expect(page.getByLabel('Company', { exact: true })).toHaveAttribute('readonly');
			await page.getByRole('textbox', { name: 'Memo' }).fill('Not to be lost');
			await page.getByRole('link', { name: 'Cancel' }).click();
			const dialog = page.getByRole('dialog', { name: 'Discard your changes?' });
			await dialog.getByRole('button', { name: 'Cancel' }).click();
			await expect(page.getByRole('textbox', { name: 'Memo' })).toHaveValue('Not to be lost');
			await expectWhole(page);
			await page.getByRole('link', { name: 'Cancel' }).click();
			await dialog.getByRole('button', { name: 'Discard' }).click();
			await expect(nameOf(page, 'Leo Tremblay')).toBeVisible();
			await expect(page.getByText('Not to be lost')).toBeHidden();
		});

		chapter('b14 a colleague sees what is shared with them, and edits it where they may', async () => {
			await kenji.page.goto(rosaPath);
			await expect(kenji.page.getByText('This contact is not available')).toBeVisible();
			const { page } = mina;
			await page.goto(rosaPath);
			await page.getByRole('button', { name: 'Share' }).click();
			const dialog = page.getByRole('dialog', { name: /^Share/ });
			await dialog.getByLabel('Chosen members and teams').check();
			await dialog.getByRole('searchbox').fill('kenji');
			await dialog.getByRole('checkbox', { name: /山本 健二/ }).check();
			await dialog.getByLabel('Colleagues who see it may edit it').check();
			await expectWhole(page);
			await dialog.getByRole('button', { name: 'Save' }).click();
			await expect(saved(page)).toBeVisible();
			await expect(page.getByText('山本 健二', { exact: false }).first()).toBeVisible();
			// Without a reload: it came into his sight.
			await expect(nameOf(kenji.page, '勅使河原 エリザベス小百合')).toBeVisible();
			await expect(kenji.page.getByRole('link', { name: 'Edit' })).toBeVisible();
			await expect(kenji.page.getByRole('button', { name: 'Delete' })).toBeHidden();
		});

		chapter('b15 saved in between: field by field, mine or theirs', async () => {
			const { page } = mina;
			await page.goto(`${rosaPath}/edit`);
			await page.getByRole('textbox', { name: 'Memo' }).fill('Mina: gate 4.');
			await page.getByLabel('Nickname').fill('Rosa');
			await kenji.page.goto(`${rosaPath}/edit`);
			await kenji.page.getByRole('textbox', { name: 'Memo' }).fill('Kenji: gate 7.');
			await addRow(kenji.page, 'Add website');
			await kenji.page.keyboard.type('https://bramptonramp.example');
			await kenji.page.getByRole('button', { name: 'Save' }).click();
			await expect(saved(kenji.page)).toBeVisible();

			await expect(page.getByText(/Somebody else has saved .* meanwhile/)).toBeVisible();
			await page.getByRole('button', { name: 'Save' }).click();
			const dialog = page.getByRole('dialog', { name: 'Somebody else saved in between' });
			await expect(dialog.getByRole('group')).toHaveCount(3);
			const memo = dialog.getByRole('group', { name: 'Memo' });
			await expect(memo).toContainText('Both changed it.');
			await expect(memo.getByRole('radio', { name: /Mina: gate 4/ })).toBeChecked();
			await memo.getByRole('radio', { name: /Kenji: gate 7/ }).check();
			await expectWhole(page);
			await dialog.getByRole('button', { name: 'Save this choice' }).click();
			await expect(saved(page)).toBeVisible();

			const now = (await mina.api.get(rosaPath)).ok();
			expect([now.memo, now.nickname, now.websites.length]).toEqual(['Kenji: gate 7.', 'Rosa', 1]);
			// Live, on the page that Kenji has open.
			await expect(kenji.page.getByText('Rosa', { exact: true })).toBeVisible();
		});

		chapter('b16 deleting is refused while three sit together, and the refusal leads to the room', async () => {
			const { page } = mina;
			await page.goto(leoPath);
			await page.getByRole('button', { name: 'Delete' }).click();
			let dialog = page.getByRole('dialog', { name: 'Delete Leo Tremblay?' });
			await expect(dialog).toContainText('You and Leo Tremblay can no longer write to each other');
			await expect(dialog).toContainText('It lies in the trash for 30 days');
			await expectWhole(page);
			await dialog.getByRole('button', { name: 'Delete' }).click();
			dialog = page.getByRole('dialog', { name: 'Leo Tremblay cannot be deleted yet' });
			await expect(dialog).toContainText('Leave the room');
			await expectWhole(page);
			await dialog.getByRole('link', { name: /Yokohama/ }).click();
			await expect(thread(page)).toBeVisible();
			// On a wide screen they stand open.
			if (size.width < 1280) await page.getByRole('button', { name: 'Room details' }).click();
			await page.getByRole('button', { name: 'Leave room' }).click();
			await page.getByRole('dialog').getByRole('button', { name: 'Leave room' }).click();
			await expect(page).toHaveURL(/\/messages$/);
		});

		chapter('b16 b18 deleted, the room freezes on both sides; restored, it goes on', async () => {
			const { page } = mina;
			const roomPath = `/messages/${(await mina.api.get(leoPath)).ok().roomId}`;
			await leo.page.goto(roomPath);
			await expect(composer(leo.page)).toBeVisible();
			await page.goto(leoPath);
			await page.getByRole('button', { name: 'Delete' }).click();
			const dialog = page.getByRole('dialog', { name: 'Delete Leo Tremblay?' });
			await expect(dialog).toContainText('1 room freezes.');
			await dialog.getByRole('button', { name: 'Delete' }).click();
			await expect(page.getByText('Leo Tremblay was deleted.')).toBeVisible();
			await expect(leo.page.getByRole('region', { name: 'This room is frozen' })).toBeVisible();
			await expect(composer(leo.page)).toBeHidden();

			await openSection(page, 'Trash');
			await page.getByRole('list', { name: 'Trash' }).getByRole('link', { name: /Leo Tremblay/ }).click();
			const note = page.getByRole('region', { name: 'In the trash' });
			await expect(note).toContainText(/Deleted by you, .*\d{4}/);
			await expect(note).toContainText(/Until .*\d{4}/);
			await expectWhole(page);
			await note.getByRole('button', { name: 'Restore' }).click();
			await expect(page.getByText('Restored. You can write to each other again.')).toBeVisible();
			await expect(page.getByRole('link', { name: 'HT-2041', exact: true })).toBeVisible();
			await page.getByRole('link', { name: 'Open room' }).click();
			await expect(composer(leo.page)).toBeVisible();
			await send(leo.page, `Back again, ${name}`);
			await expect(thread(page)).toContainText(`Back again, ${name}`);
		});

		chapter('b9 somebody in the trash comes back by Add contact in the room', async () => {
			const { page } = mina;
			const contact = (await mina.api.get(leoPath)).ok();
			(await mina.api.delete(leoPath)).ok();
			await page.goto(`/messages/${contact.roomId}`);
			const bar = page.getByRole('region', { name: 'Contact', exact: true });
			await bar.getByRole('button', { name: 'Add contact' }).click();
			await expect(page.getByText('Leo Tremblay is back in your contacts, with everything you had noted.')).toBeVisible();
			await expect(composer(page)).toBeVisible();
			expect((await mina.api.get(leoPath)).ok()).toMatchObject({ state: 'active', tags: contact.tags });
		});

		chapter('b18 restoring says why chat is not possible today', async () => {
			const { page } = mina;
			(await mina.api.delete(leoPath)).ok();
			const claire = await server.api('claire@borealis.example', 'liaison-demo');
			const id = (await claire.get('/company/members?query=leo%40')).ok().items[0].id;
			(await claire.post('/company/external/partner/grants/revoke', { memberIds: [id] })).ok();
			await page.goto(leoPath);
			await page.getByRole('button', { name: 'Restore' }).click();
			const dialog = page.getByRole('dialog', { name: 'Restored, but without chat' });
			await expect(dialog).toContainText('Other side:');
			await expectWhole(page);
			await dialog.getByRole('button', { name: 'OK' }).click();
			await expect(page.getByRole('link', { name: 'HT-2041', exact: true })).toBeVisible();
		});

		chapter('b18 adding again brings the link back as soon as the rules allow it', async () => {
			const { page } = mina;
			await page.goto(leoPath);
			const again = page.getByRole('button', { name: 'Add again' });
			await again.click();
			await expect(page.getByRole('main').getByRole('alert').filter({ hasText: /./ })).toContainText('The other company does not allow this at present.');
			await expectWhole(page);
			const claire = await server.api('claire@borealis.example', 'liaison-demo');
			const id = (await claire.get('/company/members?query=leo%40')).ok().items[0].id;
			(await claire.post('/company/external/partner/grants', { memberIds: [id] })).ok();
			await again.click();
			await expect(page.getByText('You are connected with Leo Tremblay again')).toBeVisible();
			await expect(again).toBeHidden();
			await page.getByRole('link', { name: 'Open room' }).click();
			await send(page, 'Here we are again');
			await leo.page.goto(new URL(page.url()).pathname);
			await expect(thread(leo.page)).toContainText('Here we are again');
		});

		chapter('b17 what is deleted for good is gone, here and for the colleague', async () => {
			const { page } = mina;
			await kenji.page.goto(rosaPath);
			await expect(nameOf(kenji.page, '勅使河原 エリザベス小百合')).toBeVisible();
			await page.goto(rosaPath);
			await page.getByRole('button', { name: 'Delete' }).click();
			await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
			await expect(kenji.page.getByText('This contact is not available')).toBeVisible();
			await openSection(page, 'Trash');
			await page.getByRole('list', { name: 'Trash' }).getByRole('link', { name: /勅使河原/ }).click();
			await page.getByRole('button', { name: 'Delete for good' }).click();
			const dialog = page.getByRole('dialog');
			await expect(dialog).toContainText('cannot be restored');
			await dialog.getByRole('button', { name: 'Delete for good' }).click();
			await expect(page.getByText('was deleted for good.')).toBeVisible();
			await expect(page.getByText('The trash is empty')).toBeVisible();
			expect((await mina.api.get(rosaPath)).status).toBe(404);
		});

		chapter('b17 a14 administrators set what holds for the book', async ({ browser }) => {
			const aiko = await Person.signIn(browser, server, 'aiko@hana.example');
			const { page } = aiko;
			await page.setViewportSize(size);
			await page.getByRole('link', { name: 'Admin', exact: true }).click();
			await page.getByRole('link', { name: 'Contact book' }).click();
			await page.getByLabel('Days in the trash').fill('366');
			await expect(page.getByText('Please enter a whole number from 0 to 365.')).toBeVisible();
			await page.getByLabel('Days in the trash').fill('90');
			await page.getByLabel('Everybody in the company').check();
			await page.getByLabel('Legal hold').check();
			await page.getByRole('button', { name: 'Save' }).click();
			await expect(saved(page)).toBeVisible();
			await expectWhole(page);
			const book = (await aiko.api.get('/company/contact-book')).ok();
			expect(book).toMatchObject({ trashDays: 90, legalHold: true, defaultVisibility: 'company' });
			await mina.page.goto('/contacts/new');
			await mina.page.getByRole('textbox', { name: 'Name', exact: true }).fill('Dana Okpara');
			await mina.page.getByRole('button', { name: 'Save' }).click();
			await expect(mina.page.getByText('Everybody in the company')).toBeVisible();
			await aiko.context.close();
		});
	});
}
