/** What a new company's owner finds: the way from an empty server to people who can write to others. */
import { type Browser, type Page } from '@playwright/test';
import { fileURLToPath } from 'node:url';
import { expect, expectAccessible, test, type Server } from './fixtures.ts';
import { signIn, watch } from './stage.ts';

const PASSWORD = 'correct horse battery';
const LOGO = fileURLToPath(new URL('../../demo/logos/hana.png', import.meta.url));
const PHOTO = fileURLToPath(new URL('../../demo/photos/hana-aiko.png', import.meta.url));
/** A file that calls itself a picture. */
const NO_PICTURE = { name: 'logo.png', mimeType: 'image/png', buffer: Buffer.from('<svg onload="alert(1)"/>') };

const SIZES = { wide: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } };

test.use({ contextOptions: { reducedMotion: 'reduce' }, trace: 'off' });

async function owner(browser: Browser, server: Server, viewport: { width: number; height: number }) {
	await server.cli(
		[
			'company',
			'create',
			'--domain',
			'hana.example',
			'--name',
			'株式会社花山貿易ホールディングス',
			'--country',
			'JP',
			'--owner',
			'aiko',
			'--owner-name',
			'長谷川 愛子',
			'--password-stdin'
		],
		{ input: PASSWORD }
	);
	const context = await browser.newContext({ baseURL: server.baseUrl, viewport, timezoneId: 'Europe/Berlin' });
	const complaints = await watch(context);
	const page = await context.newPage();
	await page.goto('/');
	await signIn(page, 'aiko@hana.example', PASSWORD);
	return { page, complaints };
}

const steps = (page: Page) => page.getByRole('region', { name: /First steps|Everything is set up/ });
const progress = (page: Page) => steps(page).getByRole('progressbar');

async function start(page: Page) {
	await page.goto('/admin');
	await expect(steps(page)).toBeVisible();
}

for (const [name, size] of Object.entries(SIZES)) {
	test(`a11 the first steps of a new company, ${name}`, async ({ browser, server }) => {
		const { page, complaints } = await owner(browser, server, size);

		// Where nothing is yet, the way there is shown.
		await page.getByRole('link', { name: 'Set up your company' }).click();
		await expect(steps(page)).toBeVisible();
		await expect(progress(page)).toHaveAttribute('aria-valuenow', '0');
		await expectAccessible(page);

		// Time zone: found by typing, chosen by keyboard.
		await steps(page).getByRole('link', { name: /Confirm the time zone/ }).click();
		await page.getByRole('button', { name: /Time zone/ }).click();
		const picker = page.getByRole('dialog', { name: 'Time zone' });
		await expect(picker.getByRole('option', { name: /This device \(Berlin\)/ })).toBeVisible();
		await expectAccessible(page);
		await picker.getByRole('combobox').fill('seoul');
		await expect(picker.getByRole('option')).toHaveCount(1);
		await page.keyboard.press('Enter');
		await expect(picker).toBeHidden();
		await expect(page.getByRole('button', { name: /Time zone/ })).toContainText('Seoul');

		// Logo: what is none is refused and says why; a picture is shown at once.
		const logo = page.getByRole('region', { name: 'Logo' });
		await logo.getByLabel('Logo: choose picture').setInputFiles(NO_PICTURE);
		await expect(logo.getByRole('alert')).toHaveText('This is not a JPEG, PNG or WebP picture.');
		await logo.getByLabel('Logo: choose picture').setInputFiles(LOGO);
		await expect(logo.getByRole('img', { name: 'Logo' })).toBeVisible();
		await expect(logo.getByRole('alert')).toHaveText('');
		// What was being changed beside it is still there.
		await expect(page.getByRole('button', { name: /Time zone/ })).toContainText('Seoul');
		await page.getByRole('button', { name: 'Save', exact: true }).click();
		await expect(page.getByText('Saved.').first()).toBeVisible();
		await expectAccessible(page);
		await start(page);
		await expect(progress(page)).toHaveAttribute('aria-valuenow', '2');
		await expect(steps(page).getByRole('link', { name: /Confirm the time zone Done/ })).toBeVisible();

		// A member. The page of an owner who is alone leads to adding one.
		await steps(page).getByRole('link', { name: /Add members/ }).click();
		await expect(page.getByText('Only you so far')).toBeVisible();
		await expectAccessible(page);
		const api = await server.api('aiko@hana.example', PASSWORD);
		const mina = (
			await api.post('/company/members', { handle: 'mina@hana.example', name: '南 ミナ', password: PASSWORD })
		).ok();
		await start(page);
		await expect(progress(page)).toHaveAttribute('aria-valuenow', '3');

		// Chat with others, and somebody who may.
		(await api.patch('/company/external/partner', { connect: 'allow' })).ok();
		(await api.post('/company/external/partner/grants', { memberIds: [mina.id] })).ok();
		await start(page);
		await expect(progress(page)).toHaveAttribute('aria-valuenow', '5');
		await expect(page.getByRole('heading', { name: 'Everything is set up' })).toBeVisible();
		await expectAccessible(page);
		await steps(page).getByRole('button', { name: 'Do not show again' }).click();
		await expect(steps(page)).toBeHidden();
		await page.reload();
		await expect(page.getByRole('link', { name: 'Company profile' })).toBeVisible();
		await expect(steps(page)).toBeHidden();
		expect(complaints).toEqual([]);
		await page.context().close();
	});
}

test('b2 a photo of oneself, and times in one’s own zone', async ({ browser, server }) => {
	const { page, complaints } = await owner(browser, server, SIZES.wide);
	await page.goto('/settings');
	const photo = page.getByRole('group', { name: 'Photo' });
	await photo.getByLabel('Photo: choose picture').setInputFiles(PHOTO);
	await expect(photo.locator('img')).toHaveAttribute('src', /\/photo\?v=[0-9a-f]{16}$/);
	const first = await photo.locator('img').getAttribute('src');
	await photo.getByLabel('Photo: replace').setInputFiles(LOGO);
	await expect(photo.locator('img')).not.toHaveAttribute('src', first!);
	// Another window of the same person follows.
	const other = await page.context().newPage();
	await other.goto('/settings');
	await expect(other.getByRole('group', { name: 'Photo' }).locator('img')).toBeVisible();
	await photo.getByRole('button', { name: 'Photo: delete' }).click();
	await expect(photo.locator('img')).toHaveCount(0);
	await expect(other.getByRole('group', { name: 'Photo' }).locator('img')).toHaveCount(0);

	// The company is in Tokyo; whoever works from elsewhere says so.
	const zone = page.getByRole('button', { name: /Time zone/ });
	await expect(zone).toContainText('As the company (Tokyo)');
	await zone.click();
	const picker = page.getByRole('dialog', { name: 'Time zone' });
	await picker.getByRole('combobox').fill('America Los');
	await picker.getByRole('option', { name: /Los Angeles/ }).click();
	await expect(page.getByText('Saved.').first()).toBeVisible();
	await expect(zone).toContainText('Los Angeles');
	const api = await server.api('aiko@hana.example', PASSWORD);
	expect((await api.get('/me')).ok()).toMatchObject({
		timeZone: 'America/Los_Angeles',
		settings: { timeZone: 'America/Los_Angeles' },
		company: { timeZone: 'Asia/Tokyo' }
	});
	await page.goto('/admin/audit');
	const entry = (await api.get('/company/audit')).ok().items[0];
	const there = new Intl.DateTimeFormat('en', {
		hour: 'numeric',
		minute: '2-digit',
		timeZone: 'America/Los_Angeles'
	}).format(new Date(entry.at));
	await expect(page.locator(`time[datetime="${entry.at}"]`).first()).toContainText(there.replace(/\s/g, ' '));
	await page.goto('/settings');
	await zone.click();
	await picker.getByRole('option', { name: /As the company/ }).click();
	await expect(zone).toContainText('As the company (Tokyo)');
	expect(complaints).toEqual([]);
	await page.context().close();
});
