/** Everybody can use it: every screen against WCAG 2.2 AA, wide and narrow, light and dark; and all of it by keyboard. */
import { type Browser, type Locator, type Page } from '@playwright/test';
import { chapter, expect, expectAccessible, Server, test, type Api } from './fixtures.ts';
import { composer, DEMO_PASSWORD, lookUp, notFound, roomEntry, signIn, thread } from './stage.ts';

const SIZES = [
	{ width: 1440, height: 900 },
	{ width: 390, height: 844 }
];

/**
 * Wide and narrow, light and dark, each for what differs: a page is the same in both schemes but for its colours, and has
 * the same colours at both widths. What a narrow screen alone shows has a test of its own.
 */
async function expectAccessibleEverywhere(page: Page): Promise<void> {
	await page.emulateMedia({ colorScheme: 'light' });
	await chapter.step('wide, light', () => expectAccessible(page));
	await page.emulateMedia({ colorScheme: 'dark' });
	await chapter.step('wide, dark', () => expectAccessible(page, 'colours'));
	await page.setViewportSize(SIZES[1]!);
	await chapter.step('narrow', () => expectAccessible(page, 'allButColours'));
	await page.setViewportSize(SIZES[0]!);
}

// Colours that are still changing would be measured half-way.
test.use({ contextOptions: { reducedMotion: 'reduce' }, trace: 'off' });

test('the page of an empty server is accessible', async ({ page }) => {
	await page.goto('/');
	await expect(page.getByRole('heading', { name: 'No company yet' })).toBeVisible();
	await expect(page.getByText('liaison company create --domain')).toBeVisible();
	await expectAccessibleEverywhere(page);
});

chapter.describe('in the demo', () => {
	let server: Server;
	/** Rooms that the screens show. */
	let rooms: { internal: string; direct: string; group: string };
	let contactId: string;

	chapter.beforeAll(async () => {
		chapter.setTimeout(120_000);
		server = await Server.start('demo');
		const people: Record<string, Api> = {};
		for (const handle of ['aiko@hana.example', 'mina@hana.example', 'claire@borealis.example', 'leo@borealis.example']) {
			const api = await server.api(handle, DEMO_PASSWORD);
			(await api.patch('/me', { settings: { language: 'en' } })).ok();
			people[handle.split('@')[0]!] = api;
		}
		const { aiko, mina, claire, leo } = people as Record<'aiko' | 'mina' | 'claire' | 'leo', Api>;
		const id = async (api: Api) => (await api.get('/me')).ok().id as string;
		for (const [owner, member] of [
			[aiko, mina],
			[claire, leo]
		] as const) {
			(await owner.patch('/company/external/partner', { connect: 'allow', mode: 'selectedMembers' })).ok();
			(await owner.post('/company/external/partner/grants', { memberIds: [await id(member)] })).ok();
		}
		const { personRef } = (await mina.post('/people/lookup', { handle: 'leo@borealis.example' })).ok();
		const contact = (await mina.post('/contacts', { personRef })).ok();
		contactId = contact.id;
		const fields = {
			emails: [{ type: 'work', value: 'leo@borealis.example', primary: true }],
			phones: [{ type: 'mobile', value: '+1 416-555-0199' }],
			organisations: [{ name: 'Borealis Logistics', department: 'Rail', title: 'Desk lead' }],
			addresses: [{ type: 'work', locality: 'Toronto', country: 'Canada' }],
			dates: [{ type: 'birthday', value: '1990-02-03' }],
			websites: [{ type: 'work', value: 'https://borealis.example' }],
			customFields: [{ name: 'Dock', value: '4' }],
			memo: 'Mornings only.',
			tags: ['Rail']
		};
		(await mina.patch(`/contacts/${contactId}`, fields)).ok();
		const old = (await mina.post('/contacts', { name: 'Rosa Medeiros', companyName: 'Ramp Services' })).ok();
		(await mina.delete(`/contacts/${old.id}`)).ok();
		const group = (await mina.post('/rooms', { contactIds: [contact.id], name: 'HT-2041 arrival' })).ok();
		for (const [index, [api, room]] of [
			[mina, contact.roomId],
			[leo, contact.roomId],
			[mina, group.id],
			[leo, group.id]
		].entries()) {
			(await api.post(`/rooms/${room}/messages`, { clientId: `a11y-${index}`, text: 'See https://hana.example' })).ok();
		}
		const internal = (await mina.get('/rooms')).ok().items.find((room: any) => room.name === '北米向け出荷 HT-2041').id;
		rooms = { internal, direct: contact.roomId, group: group.id };
	});

	chapter.afterAll(async () => {
		await server?.stop();
	});

	async function open(browser: Browser, handle?: string): Promise<Page> {
		const context = await browser.newContext({
			baseURL: server.baseUrl,
			viewport: SIZES[0]!,
			reducedMotion: 'reduce'
		});
		const page = await context.newPage();
		await page.goto('/');
		if (handle) await signIn(page, handle, DEMO_PASSWORD);
		return page;
	}

	/** Goes there, waits for what makes the screen whole, and looks at it. */
	async function look(page: Page, path: string, whole: Locator, prepare?: () => Promise<void>) {
		await chapter.step(path, async () => {
			await page.goto(path);
			await prepare?.();
			await expect(whole.first()).toBeVisible();
			await expectAccessibleEverywhere(page);
			if (path === '/api/docs') return;
			const beyond = await page.evaluate(() => document.documentElement.scrollHeight - innerHeight);
			expect(beyond, 'panes scroll, the page does not').toBe(0);
		});
	}

	chapter('signing in is accessible', async ({ browser }) => {
		const page = await open(browser);
		await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
		await expectAccessibleEverywhere(page);
		await page.getByLabel('Message ID').fill('mina@hana.example');
		await page.getByLabel('Password').fill('wrong');
		await page.getByRole('button', { name: 'Sign in' }).click();
		await expect(page.getByRole('alert').filter({ hasText: 'wrong' })).toBeVisible();
		await expectAccessibleEverywhere(page);
		await page.context().close();
	});

	chapter('messages are accessible', async ({ browser }) => {
		const page = await open(browser, 'mina@hana.example');
		await look(page, '/messages', roomEntry(page, 'Leo Tremblay'));
		await look(page, `/messages/${rooms.internal}`, thread(page).getByRole('listitem'));
		await look(page, `/messages/${rooms.direct}`, thread(page).getByRole('link'));
		await look(page, `/messages/${rooms.group}`, page.getByRole('complementary', { name: 'Room details' }));
		const dialog = page.getByRole('dialog');
		await page.getByRole('button', { name: 'Add people' }).click();
		await expect(dialog.getByRole('checkbox').first()).toBeVisible();
		await expectAccessibleEverywhere(page);
		await page.keyboard.press('Escape');
		await page.getByRole('button', { name: 'Leave room' }).click();
		await expect(dialog).toBeVisible();
		await expectAccessibleEverywhere(page);
		await look(page, '/messages', dialog.getByText('Group name (optional)'), async () => {
			await page.getByRole('button', { name: 'New conversation' }).first().click();
			await dialog.getByRole('checkbox', { name: /Leo Tremblay/ }).check();
			await dialog.getByRole('checkbox', { name: /田中 愛子/ }).check();
		});
		await page.context().close();
	});

	chapter('what only a narrow screen shows is accessible in both schemes', async ({ browser }) => {
		const page = await open(browser, 'mina@hana.example');
		await page.setViewportSize(SIZES[1]!);
		for (const [path, whole] of [
			['/messages', roomEntry(page, 'Leo Tremblay')],
			[`/messages/${rooms.group}`, page.getByRole('link', { name: 'Back to messages' })]
		] as const) {
			await page.goto(path);
			await expect(whole).toBeVisible();
			for (const colorScheme of ['light', 'dark'] as const) {
				await page.emulateMedia({ colorScheme });
				await expectAccessible(page, 'colours');
			}
		}
		await page.context().close();
	});

	chapter('contacts and settings are accessible', async ({ browser }) => {
		const page = await open(browser, 'mina@hana.example');
		await look(page, '/contacts', page.getByRole('link', { name: /Leo Tremblay/ }));
		await look(page, `/contacts/${contactId}`, page.getByRole('link', { name: 'Open room' }));
		await look(page, `/contacts/${contactId}/edit`, page.getByLabel('Memo'));
		await look(page, '/contacts/new', page.getByLabel('Memo'));
		const dialog = page.getByRole('dialog');
		await look(page, `/contacts/${contactId}`, dialog.getByRole('checkbox', { name: /田中 愛子/ }), async () => {
			await page.getByRole('button', { name: 'Share' }).click();
			await dialog.getByLabel('Chosen members and teams').check();
		});
		await look(page, `/contacts/${contactId}`, dialog, () => page.getByRole('button', { name: 'Delete' }).click());
		await look(page, '/contacts?section=tags', page.getByRole('button', { name: /^Rail/ }));
		await look(page, '/contacts?section=trash', page.getByRole('link', { name: /Rosa Medeiros/ }));
		await look(page, '/contacts?section=colleagues', page.getByRole('link', { name: /Emily Mori/ }));
		await look(page, '/contacts/external', page.getByRole('link', { name: /External user/ }));
		await look(page, '/contacts/external/new', page.getByRole('article'), () =>
			lookUp(page, 'leo@borealis.example')
		);
		await look(page, '/contacts/external/new', notFound(page), () => lookUp(page, 'nobody@borealis.example'));
		await look(page, '/contacts?section=colleagues', page.getByRole('heading', { name: /Emily Mori/ }), () =>
			page.getByRole('link', { name: /Emily Mori/ }).click()
		);
		await look(page, '/settings', page.getByText('You have blocked nobody.'));
		await look(page, '/no/such/page', page.getByText('There is no such page.'));
		await look(page, '/messages', dialog.getByRole('heading', { name: 'Keyboard shortcuts' }), () =>
			page.getByRole('button', { name: 'Keyboard shortcuts' }).click()
		);
		await look(page, '/api/docs', page.getByRole('heading', { level: 1 }));
		await page.context().close();
	});

	chapter('the console is accessible', async ({ browser }) => {
		const page = await open(browser, 'aiko@hana.example');
		const dialog = page.getByRole('dialog');
		const member = page.getByRole('button', { name: 'Actions for Mina Sato' });
		await look(page, '/admin', page.getByRole('link', { name: 'Audit' }));
		await look(page, '/admin/service/message', page.getByLabel('Company domains'), () =>
			page.getByLabel('Only these companies').check()
		);
		await look(page, '/admin/service/contacts', page.getByLabel('Days in the trash'));
		await look(page, '/admin/company', page.getByRole('heading', { level: 1 }));
		const select = page.getByRole('checkbox', { name: 'Select Mina Sato' });
		await look(page, '/admin/security/external', select);
		await look(page, '/admin/security/external', dialog.getByRole('checkbox', { name: /田中 愛子/ }), () =>
			page.getByRole('button', { name: 'Add', exact: true }).click()
		);
		await look(page, '/admin/security/external', dialog, async () => {
			await select.check();
			await page.getByRole('button', { name: 'Delete' }).click();
		});
		await look(page, '/admin/security/reports', page.getByText('No report waits for you'));
		await look(page, '/admin/members', member);
		await look(page, '/admin/members', page.getByRole('menuitem', { name: 'Edit' }), () => member.click());
		await look(page, '/admin/members', dialog, async () => {
			await member.click();
			await page.getByRole('menuitem', { name: 'Edit' }).click();
		});
		await look(page, '/admin/members', dialog, () => page.getByRole('button', { name: 'Add member' }).click());
		// The newest entry: older ones may lie below what is drawn.
		await look(page, '/admin/audit', page.getByText('session.started'));
		await page.context().close();
	});

	/** Presses Tab until LOCATOR has the focus. */
	async function tabTo(page: Page, locator: Locator, key: 'Tab' | 'Shift+Tab' = 'Tab') {
		await expect(locator).toBeVisible();
		for (let press = 0; press < 40; press++) {
			if (await locator.evaluate((element) => element === document.activeElement)) return;
			await page.keyboard.press(key);
		}
		await expect(locator, `not reached with 40 presses of ${key}`).toBeFocused();
	}

	chapter('everything can be done by keyboard alone', async ({ browser }) => {
		const page = await open(browser);
		await tabTo(page, page.getByLabel('Message ID'));
		await page.keyboard.type('mina@hana.example');
		await page.keyboard.press('Tab');
		await page.keyboard.type(DEMO_PASSWORD);
		await page.keyboard.press('Enter');

		await tabTo(page, roomEntry(page, 'Leo Tremblay'));
		await page.keyboard.press('Enter');
		await tabTo(page, composer(page));
		await page.keyboard.type('Written without a mouse');
		await page.keyboard.press('Shift+Enter');
		await page.keyboard.type('on two lines');
		await page.keyboard.press('Enter');
		await expect(thread(page)).toContainText('Written without a mouse\non two lines', { useInnerText: true });
		await expect(composer(page)).toHaveValue('');
		await expect(composer(page)).toBeFocused();

		const details = page.getByRole('button', { name: 'Room details' });
		await tabTo(page, details, 'Shift+Tab');
		// On a screen as wide as this one they stand open.
		const pane = page.getByRole('complementary', { name: 'Room details' });
		await expect(pane).toBeVisible();
		await page.keyboard.press('Enter');
		await expect(pane).toBeHidden();
		await page.keyboard.press('Enter');
		await expect(pane).toBeVisible();

		const menu = page.getByRole('button', { name: 'My menu: Mina Sato' });
		await tabTo(page, menu);
		await page.keyboard.press('Enter');
		await expect(page.getByRole('menuitem', { name: 'My card' })).toBeFocused();
		await page.keyboard.press('Escape');
		await expect(menu).toBeFocused();
		await page.keyboard.press('Enter');
		await page.keyboard.press('ArrowDown');
		await expect(page.getByRole('menuitem', { name: 'External' })).toBeFocused();
		await page.keyboard.press('ArrowDown');
		await expect(page.getByRole('menuitem', { name: 'Settings' })).toBeFocused();
		await page.keyboard.press('ArrowDown');
		await expect(page.getByRole('menuitem', { name: 'Sign out' })).toBeFocused();
		await page.keyboard.press('Enter');
		await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
		await page.context().close();
	});

	chapter('rooms that are closed are accessible', async ({ browser }) => {
		const claire = await server.api('claire@borealis.example', DEMO_PASSWORD);
		const leo = (await claire.get('/company/members?query=leo%40')).ok().items[0].id;
		(await claire.post('/company/external/partner/grants/revoke', { memberIds: [leo] })).ok();
		const page = await open(browser, 'leo@borealis.example');
		await look(page, `/messages/${rooms.direct}`, page.getByRole('region', { name: 'This room is frozen' }));
		await look(page, `/messages/${rooms.group}`, page.getByRole('region', { name: 'You are paused in this room' }));
		const why = page.getByRole('region', { name: 'You cannot add external users at present' });
		await look(page, '/contacts/external/new', why);
		await page.context().close();
	});
});
