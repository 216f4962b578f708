/** Passwords by mail: forgotten ones, and the first one of somebody new; on a wide screen and on a phone. */
import { type Page } from '@playwright/test';
import { chapter as test, expect, expectAccessible, Server } from './fixtures.ts';
import { DEMO_PASSWORD, Person, watch } from './stage.ts';

test.use({ contextOptions: { reducedMotion: 'reduce' } });

let server: Server;
const wide = { width: 1440, height: 900 };
const phone = { width: 390, height: 844 };

test.beforeAll(async () => {
	test.setTimeout(120_000);
	server = await Server.start('demo');
});

test.afterAll(async () => {
	await server?.stop();
});

/** At both widths, and once more for the colours in the dark. */
async function isAccessible(page: Page): Promise<void> {
	const size = page.viewportSize() ?? wide;
	await expectAccessible(page);
	await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' });
	await expectAccessible(page, 'colours');
	await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
	await page.setViewportSize(size.width > 800 ? phone : wide);
	await expectAccessible(page, 'allButColours');
	await page.setViewportSize(size);
}

for (const [name, viewport, handle] of [
	['wide', wide, 'mina@hana.example'],
	['narrow', phone, 'leo@borealis.example']
] as const) {
	test(`p-passwords a forgotten password is set anew by a mailed link (${name})`, async ({ browser }) => {
		const context = await browser.newContext({ baseURL: server.baseUrl, viewport, locale: 'en-GB' });
		const complaints = await watch(context);
		const page = await context.newPage();
		const api = await server.api(handle, DEMO_PASSWORD);
		const { email } = (await api.patch('/me', { settings: { language: 'en' } })).ok();
		await page.goto('/');
		await page.getByRole('link', { name: 'Forgot password?' }).click();
		await expect(page.getByRole('heading', { name: 'Set a new password' })).toBeVisible();
		await isAccessible(page);
		await page.getByLabel('Message ID').fill(handle);
		await page.getByRole('button', { name: 'Send link' }).click();
		await expect(page.getByRole('heading', { name: 'Check your mail' })).toBeVisible();
		await isAccessible(page);

		const link = await server.mailedLink(email);
		await page.goto(link);
		await expect(page.getByText(`Choose a new password for ${handle}.`)).toBeVisible();
		await isAccessible(page);
		await page.getByLabel('New password').fill('unrelated words in a row');
		await page.getByRole('button', { name: 'Set password and sign in' }).click();
		await expect(page.getByRole('heading', { name: 'Messages' })).toBeVisible();

		// It worked once; the old password works no longer, the new one does.
		const other = await (await browser.newContext({ baseURL: server.baseUrl, viewport, locale: 'en-GB' })).newPage();
		await other.goto(link);
		await expect(other.getByRole('heading', { name: 'This link was used' })).toBeVisible();
		await isAccessible(other);
		await other.goto(link.slice(0, -1));
		await expect(other.getByRole('heading', { name: 'This link leads nowhere' })).toBeVisible();
		await other.getByRole('link', { name: 'Back to sign-in' }).click();
		await other.getByLabel('Message ID').fill(handle);
		await other.getByLabel('Password').fill(DEMO_PASSWORD);
		await other.getByRole('button', { name: 'Sign in' }).click();
		await expect(other.getByRole('alert').filter({ hasText: 'is wrong' })).toBeVisible();
		await other.getByLabel('Password').fill('unrelated words in a row');
		await other.getByRole('button', { name: 'Sign in' }).click();
		await expect(other.getByRole('heading', { name: 'Messages' })).toBeVisible();
		expect(complaints).toEqual([]);
		await other.context().close();
		await context.close();
	});

	test(`a11 an administrator invites somebody by mail, who sets their first password (${name})`, async ({ browser }) => {
		const aiko = await Person.signIn(browser, server, 'aiko@hana.example');
		await aiko.page.setViewportSize(viewport);
		await aiko.page.goto('/admin/members');
		await aiko.page.getByRole('button', { name: 'Add member' }).click();
		const dialog = aiko.page.getByRole('dialog');
		await dialog.getByLabel('Name', { exact: true }).fill(`Ken Ito (${name})`);
		await dialog.getByLabel('Message ID').fill(`ken-${name}`);
		await dialog.getByRole('textbox', { name: 'E-mail' }).fill(`ken-${name}@mail.example`);
		await expect(dialog.getByRole('radio', { name: 'Send a link by e-mail' })).toBeChecked();
		await expect(dialog.getByLabel('Password', { exact: true })).toHaveCount(0);
		await isAccessible(aiko.page);
		await dialog.getByRole('button', { name: 'Add member' }).click();
		await expect(aiko.page.getByText(`The link goes to ken-${name}@mail.example.`)).toBeVisible();
		await aiko.page.getByLabel('Search by name, team or ID').fill(`ken-${name}`);
		await expect(aiko.page.getByText(/No password yet · Link sent/)).toBeVisible();
		await isAccessible(aiko.page);

		// It got lost: another one is sent, and the first serves no longer.
		const first = await server.mailedLink(`ken-${name}@mail.example`);
		await aiko.page.getByRole('button', { name: `Actions for Ken Ito (${name})` }).click();
		await aiko.page.getByRole('menuitem', { name: 'Set password' }).click();
		await expect(aiko.page.getByRole('radio', { name: 'Send a link by e-mail' })).toBeChecked();
		await isAccessible(aiko.page);
		await aiko.page.getByRole('dialog').getByRole('button', { name: 'Send link' }).click();
		await expect(aiko.page.getByRole('dialog')).toHaveCount(0);
		await expect.poll(() => server.mailedLink(`ken-${name}@mail.example`)).not.toBe(first);

		const context = await browser.newContext({ baseURL: server.baseUrl, viewport, locale: 'en-GB' });
		const page = await context.newPage();
		await page.goto(first);
		await expect(page.getByRole('heading', { name: 'There is a newer link' })).toBeVisible();
		await page.goto(await server.mailedLink(`ken-${name}@mail.example`));
		await expect(page.getByRole('heading', { name: `Welcome, Ken Ito (${name})` })).toBeVisible();
		await isAccessible(page);
		await page.getByLabel('New password').fill('four other unrelated words');
		await page.getByRole('button', { name: 'Set password and sign in' }).click();
		await expect(page.getByRole('heading', { name: 'Messages' })).toBeVisible();
		expect(aiko.complaints).toEqual([]);
		await context.close();
		await aiko.context.close();
	});
}
