/**
 * Found by phone: Leo proves his number with the code that was sent to it and lets himself be found; Mina finds him in
 * the form of her country and in international form; he sees which company did. Wide and narrow.
 */
import { type Page } from '@playwright/test';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, expectAccessible, test, type Server } from './fixtures.ts';
import { notFound, Person } from './stage.ts';

test.use({ program: 'demo', serverArgs: ['--connected'] });

const WIDTHS = [
	{ name: 'wide', width: 1440, height: 900 },
	{ name: 'narrow', width: 390, height: 844 }
];

/** A folder for pictures of the screens; none are taken without. */
const pictures = process.env['LIAISON_E2E_PICTURES'];

async function picture(page: Page, name: string): Promise<void> {
	if (!pictures) return;
	for (const colorScheme of ['light', 'dark'] as const) {
		await page.emulateMedia({ colorScheme });
		await page.screenshot({ path: join(pictures, `${name}-${colorScheme}.png`) });
	}
	await page.emulateMedia({ colorScheme: 'light' });
}

/** The newest of so many codes that were sent to a number. */
async function codeFor(server: Server, phone: string, count: number): Promise<string> {
	const folder = join(server.dataDir, 'outbox');
	let texts: string[] = [];
	await expect
		.poll(async () => {
			const files = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.json')).sort();
			const letters = await Promise.all(files.map(async (name) => JSON.parse(await readFile(join(folder, name), 'utf8'))));
			texts = letters.filter((letter) => letter.to === phone).map((letter) => letter.text as string);
			return texts.length;
		})
		.toBe(count);
	return /\b\d{6}\b/.exec(texts.at(-1)!)![0];
}

async function search(page: Page, typed: string): Promise<void> {
	await page.goto('/contacts/external/new');
	await page.getByLabel('Message ID or phone number').fill(typed);
	const answered = page.waitForResponse((response) => response.url().endsWith('/people/lookup'));
	await page.getByRole('button', { name: 'Search', exact: true }).click();
	await answered;
}

for (const { name, width, height } of WIDTHS) {
	test(`b4 a verified number is found in both forms, and its owner sees by whom (${name})`, async ({ browser, server }) => {
		const leo = await Person.signIn(browser, server, 'leo@borealis.example');
		const mina = await Person.signIn(browser, server, 'mina@hana.example');
		for (const { page } of [leo, mina]) await page.setViewportSize({ width, height });
		const card = leo.page.getByRole('region', { name: 'Phone number' });

		await test.step('Leo’s number stands as his administrator recorded it, and nobody finds him by it', async () => {
			await leo.page.goto('/settings');
			await expect(card).toContainText('+14165550104');
			await expect(card).toContainText('Not verified');
			await expect(card.getByLabel('People outside can find me by my phone number')).toBeDisabled();
			await search(mina.page, '+1 416 555 0104');
			await expect(notFound(mina.page)).toBeVisible();
			await expect(mina.page.getByRole('main')).toContainText('ask for their message ID');
			await expectAccessible(mina.page);
			await picture(mina.page, `phone-not-found-${name}`);
		});
		await test.step('he types a number of his own, as people of his country write it', async () => {
			await card.getByRole('button', { name: 'Change' }).click();
			const field = card.getByLabel('Your phone number');
			await expect(card).toContainText('taken as one in Canada');
			await field.fill('12');
			await card.getByRole('button', { name: 'Send code' }).click();
			await expect(card).toContainText('This is not a phone number');
			await expect(field).toHaveAttribute('aria-invalid', 'true');
			await picture(leo.page, `phone-number-${name}`);
			await field.fill('(416) 555-0142');
			await card.getByRole('button', { name: 'Send code' }).click();
			await expect(card).toContainText('on its way to +1 ••••••0142');
		});
		const code = card.getByRole('textbox', { name: 'Code' });
		await test.step('a wrong code is refused, and he may not ask for another at once', async () => {
			await expect(code).toHaveAttribute('autocomplete', 'one-time-code');
			const right = await codeFor(server, '+14165550142', 1);
			await code.fill(right === '000000' ? '000001' : '000000');
			await card.getByRole('button', { name: 'Verify', exact: true }).click();
			await expect(card).toContainText('This code is wrong');
			await expect(card.getByRole('button', { name: 'Send a new code' })).toBeDisabled();
			await expectAccessible(leo.page);
			await picture(leo.page, `phone-code-${name}`);
			await code.fill(right);
			await card.getByRole('button', { name: 'Verify', exact: true }).click();
			await expect(card).toContainText('Verified on');
			await expect(code).toBeHidden();
		});
		await test.step('he lets himself be found', async () => {
			const found = card.getByLabel('People outside can find me by my phone number');
			await expect(found).not.toBeChecked();
			await expect(card).toContainText('No company has found you by phone.');
			await found.check();
			await expect(leo.page.getByText('Saved.')).toBeVisible();
		});
		await test.step('Mina finds him in either form', async () => {
			const person = mina.page.getByRole('article', { name: 'Leo Tremblay, Borealis Logistics' });
			await search(mina.page, '+1 416-555-0142');
			await expect(person).toBeVisible();
			await expect(mina.page.getByRole('main')).not.toContainText('555');
			// As one calls abroad from Japan.
			await search(mina.page, '010-1-416-555-0142');
			await expect(person).toBeVisible();
			await expect(mina.page.getByText('taken as one in Japan')).toBeVisible();
			await expectAccessible(mina.page);
			await picture(mina.page, `phone-found-${name}`);
			await person.getByRole('button', { name: 'Add' }).click();
			await expect(mina.page).toHaveURL(/\/messages\/room_/);
		});
		await test.step('he sees that Hana Trading found him, and takes his number away', async () => {
			await leo.page.goto('/settings');
			await expect(card.getByRole('list', { name: 'Companies that found you' })).toContainText('Hana Trading');
			await expectAccessible(leo.page);
			await picture(leo.page, `phone-verified-${name}`);
			await card.getByRole('button', { name: 'Delete phone number' }).click();
			await leo.page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
			await expect(card.getByLabel('Your phone number')).toBeVisible();
			await search(mina.page, '+1 416 555 0142');
			await expect(notFound(mina.page)).toBeVisible();
		});
		for (const person of [leo, mina]) {
			expect(person.complaints).toEqual([]);
			await person.context.close();
		}
	});
}
