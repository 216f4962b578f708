/**
 * The main story, as people live it: two companies allow it, two people meet and chat, a third company stays out, a
 * revocation holds at once, and everything is on record. One server, one browser for each person; every test continues
 * where the one before ended.
 */
import { type Locator, type Page, type TestInfo } from '@playwright/test';
import { chapter as test, expect, Server, type Api } from './fixtures.ts';
import { allRows, choose, composer, lookUp, notFound, Person, roomEntry, send, texts, thread } from './stage.ts';

test.describe.configure({ mode: 'serial' });

const CEDAR_PASSWORD = 'cedar and maple syrup';

let server: Server;
let aiko: Person; // owner, Hana Trading
let mina: Person; // Hana Trading
let claire: Person; // owner, Borealis Logistics
let leo: Person; // Borealis Logistics
let amelie: Person; // Borealis Logistics
let omar: Api; // owner, Cedar Foods
let directPath: string;
let groupPath: string;
/** Leo's second window, which stays in the group. */
let leoInGroup: Page;

test.beforeAll(async ({ browser }) => {
	test.setTimeout(120_000);
	server = await Server.start('demo');
	aiko = await Person.signIn(browser, server, 'aiko@hana.example');
	mina = await Person.signIn(browser, server, 'mina@hana.example');
	claire = await Person.signIn(browser, server, 'claire@borealis.example');
	leo = await Person.signIn(browser, server, 'leo@borealis.example');
});

test.afterEach(async ({}, testInfo: TestInfo) => {
	if (testInfo.status === testInfo.expectedStatus) return;
	await testInfo.attach('server log', { body: server.log, contentType: 'text/plain' });
});

test.afterAll(async () => {
	for (const person of [aiko, mina, claire, leo, amelie]) await person?.context.close();
	await server?.stop();
});

/** Admin › Service › Message › Chat with external users: allow other companies, for selected members. */
async function allowOtherCompanies(page: Page) {
	await page.getByRole('link', { name: 'Admin', exact: true }).click();
	await page.getByRole('link', { name: 'Chat with external users', exact: true }).click();
	const connect = page.getByRole('group', { name: 'Connect with other companies' });
	await connect.getByLabel('Allow', { exact: true }).check();
	await page.getByRole('group', { name: 'Who has the permission' }).getByLabel('Selected members').check();
	await page.getByRole('button', { name: 'Save' }).click();
	await expect(page.getByText('Saved.')).toBeVisible();
}

/** Admin › Security › Manage external message users › Other companies › Add. */
async function grant(page: Page, names: (string | RegExp)[]) {
	if (!page.url().endsWith('/admin/security/external')) {
		await page.getByRole('link', { name: 'Admin', exact: true }).click();
		await page.getByRole('link', { name: 'Manage external message users' }).click();
	}
	await expect(page.getByRole('tab', { name: 'Other companies' })).toBeVisible();
	await page.getByRole('button', { name: 'Add', exact: true }).click();
	const dialog = page.getByRole('dialog', { name: 'Add members' });
	await choose(dialog, 'Search by name, team or ID', names);
	await dialog.getByRole('button', { name: 'OK' }).click();
	const count = names.length === 1 ? '1 member now has' : `${names.length} members now have`;
	await expect(page.getByText(`${count} the permission.`)).toBeVisible();
}

/** A room that is closed for its reader: what is said about it, within two seconds. */
async function expectClosed(page: Page, title: string, reasons: RegExp[]): Promise<Locator> {
	const panel = page.getByRole('region', { name: title });
	await expect(panel).toBeVisible({ timeout: 2_000 });
	await expect(panel).toContainText(/Since .*\d{4}/);
	for (const reason of reasons) await expect(panel).toContainText(reason);
	await expect(composer(page)).toBeHidden();
	return panel;
}

test('2 nobody is found while external chat is off, and one learns why on one’s own side', async () => {
	const { page } = mina;
	await lookUp(page, 'leo@borealis.example');
	await expect(notFound(page)).toBeVisible();
	const why = page.getByRole('region', { name: 'You cannot add external users at present' });
	await expect(why).toContainText('Your side:');
	await expect(why).toContainText('Your company does not allow chat with other companies.');
	await expect(why).toContainText('Admin › Service › Message › Chat with external users');

	// To the person asked for, and to somebody nobody knows, the answer is the same.
	const known = await mina.api.post('/people/lookup', { handle: 'leo@borealis.example' });
	const unknown = await mina.api.post('/people/lookup', { handle: 'nobody@borealis.example' });
	expect(known.status).toBe(404);
	expect({ ...known.body, reference: '' }).toEqual({ ...unknown.body, reference: '' });
});

test('3 both companies allow it and give the permission, then one finds the other', async () => {
	await test.step('Hana allows other companies and gives Mina and three more the permission', async () => {
		await allowOtherCompanies(aiko.page);
		await grant(aiko.page, ['Mina Sato', '中村 結衣', '山本 健二', '伊藤 美咲']);
	});
	await test.step('Mina is told at once, on the page she has open', async () => {
		const { page } = mina;
		await expect(page.getByText('You can now chat with members of other companies.')).toBeVisible();
		await expect(page.getByRole('region', { name: 'You cannot add external users at present' })).toBeHidden();
	});
	await test.step('still nobody is found: the other company has not agreed', async () => {
		await lookUp(mina.page, 'leo@borealis.example');
		await expect(notFound(mina.page)).toBeVisible();
	});
	await test.step('Borealis does the same for Leo and Amélie', async () => {
		await allowOtherCompanies(claire.page);
		await grant(claire.page, ['Leo Tremblay', 'Amélie Bouchard']);
	});
	await test.step('Leo is found: name, company and photo, nothing else', async () => {
		const { page } = mina;
		const answer = page.waitForResponse((response) => response.url().endsWith('/people/lookup'));
		await lookUp(page, 'leo@borealis.example');
		const card = page.getByRole('article', { name: 'Leo Tremblay, Borealis Logistics' });
		expect((await card.innerText()).split('\n').filter(Boolean)).toEqual([
			'Leo Tremblay',
			'Outside',
			'· Borealis Logistics',
			'Add'
		]);
		await expect(card.locator('img')).toHaveJSProperty('complete', true);
		expect(await card.locator('img').evaluate((image: HTMLImageElement) => image.naturalWidth)).toBeGreaterThan(0);
		const body: Record<string, unknown> = await (await answer).json();
		expect(Object.keys(body).sort()).toEqual(['companyName', 'name', 'personRef', 'photoUrl']);
	});
});

test('4 they meet, and chat live', async () => {
	await test.step('Mina adds Leo; both have the room', async () => {
		await mina.page.getByRole('button', { name: 'Add', exact: true }).click();
		await expect(mina.page.getByRole('heading', { name: 'Leo Tremblay' })).toBeVisible();
		directPath = new URL(mina.page.url()).pathname;
		expect(directPath).toMatch(/^\/messages\/room_/);
		await expect(mina.page.getByRole('region', { name: 'Contact' })).toBeHidden();
	});
	await test.step('Leo sees the room at once, marked as outside and as not his contact', async () => {
		const { page } = leo;
		await expect(roomEntry(page, 'Mina Sato')).toContainText('Outside · Hana Trading', { useInnerText: true });
		await roomEntry(page, 'Mina Sato').click();
		await expect(page.getByRole('main')).toContainText('1 person outside: Hana Trading');
		const bar = page.getByRole('region', { name: 'Contact' });
		await expect(bar).toContainText('Mina Sato is not in your contacts.');
		await expect(bar.getByRole('button', { name: 'Block' })).toBeVisible();
		await bar.getByRole('button', { name: 'Add contact' }).click();
		await expect(bar).toBeHidden();
	});
	await test.step('messages pass both ways, in one order for both', async () => {
		await send(mina.page, 'Good morning from Yokohama');
		await expect(thread(leo.page)).toContainText('Good morning from Yokohama');
		await send(leo.page, 'Good evening from Toronto');
		await send(leo.page, 'HT-2041 is on the water');
		await Promise.all([send(mina.page, 'これは助かります'), send(leo.page, 'À bientôt')]);
		await send(mina.page, 'One\nmessage, two lines');
		await expect.poll(() => texts(mina.page)).toHaveLength(6);
		await expect.poll(() => texts(leo.page)).toHaveLength(6);
		const room = directPath.split('/').at(-1);
		const kept = (await mina.api.get(`/rooms/${room}/messages`)).ok().items.map((line: any) => line.text);
		await expect.poll(() => texts(mina.page)).toEqual(kept);
		await expect.poll(() => texts(leo.page)).toEqual(kept);
		expect(kept.slice(0, 3)).toEqual([
			'Good morning from Yokohama',
			'Good evening from Toronto',
			'HT-2041 is on the water'
		]);
	});
	await test.step('typing is shown while it lasts', async () => {
		await composer(leo.page).pressSequentially('Wait');
		await expect(mina.page.getByText('Leo Tremblay is typing…')).toBeVisible();
		await composer(leo.page).fill('');
		await send(leo.page, 'Never mind');
		await expect(mina.page.getByText('Leo Tremblay is typing…')).toBeHidden();
	});
	await test.step('unread messages are counted where one does not look, and marked read where one does', async () => {
		await mina.page.getByRole('link', { name: 'Contacts', exact: true }).click();
		await send(leo.page, 'First');
		await send(leo.page, 'Second');
		const messages = mina.page.getByRole('link', { name: /^Messages/ });
		await expect(messages).toContainText('2 unread messages');
		await expect(mina.page).toHaveTitle('(2) Liaison');
		const last = thread(leo.page).getByRole('listitem').last();
		await expect(last).toContainText('Second');
		await expect(last).not.toContainText('Read');
		await messages.click();
		await expect(roomEntry(mina.page, 'Leo Tremblay')).toContainText('2 unread messages');
		await roomEntry(mina.page, 'Leo Tremblay').click();
		await expect(thread(mina.page).getByText('New messages')).toBeVisible();
		await expect(messages).not.toContainText('unread');
		await expect(last).toContainText('Read');
	});
	await test.step('without a network nothing is lost and nothing comes twice', async () => {
		const before = (await texts(mina.page)).length;
		await leo.context.setOffline(true);
		await expect(leo.page.getByText('No connection.')).toBeVisible();
		await send(mina.page, 'While you were away 1');
		await send(mina.page, 'While you were away 2');
		await send(leo.page, 'From the tunnel');
		await send(mina.page, 'While you were away 3');
		await expect.poll(() => texts(mina.page)).toHaveLength(before + 3);
		await expect(thread(leo.page)).toContainText('Not sent.');
		await expect(thread(leo.page)).not.toContainText('While you were away');
		await leo.context.setOffline(false);
		await expect(leo.page.getByText('No connection.')).toBeHidden();
		await expect.poll(() => texts(leo.page)).toHaveLength(before + 4);
		await expect.poll(() => texts(mina.page)).toHaveLength(before + 4);
		const end = ['While you were away 1', 'While you were away 2', 'While you were away 3', 'From the tunnel'];
		expect((await texts(leo.page)).slice(before)).toEqual(end);
		await expect.poll(() => texts(mina.page)).toEqual(await texts(leo.page));
		await expect(thread(leo.page)).not.toContainText('Not sent.');
	});
	await test.step('a reload shows the same', async () => {
		const shown = await texts(leo.page);
		await leo.page.reload();
		await expect.poll(() => texts(leo.page)).toEqual(shown);
	});
});

test('5 people of both companies share a group', async ({ browser }) => {
	await test.step('Mina opens it with a colleague and Leo', async () => {
		const { page } = mina;
		await page.getByRole('button', { name: 'New conversation' }).click();
		const dialog = page.getByRole('dialog', { name: 'New conversation' });
		await choose(dialog, 'Search people', [/Leo Tremblay/, /中村 結衣/]);
		await dialog.getByLabel('Group name (optional)').fill('HT-2041 arrival');
		await dialog.getByRole('button', { name: 'Start conversation' }).click();
		await expect(page.getByRole('heading', { name: 'HT-2041 arrival' })).toBeVisible();
		groupPath = new URL(page.url()).pathname;
		await expect(page.getByRole('main')).toContainText('3 people');
	});
	await test.step('Leo has it, and brings in a colleague of his own', async () => {
		leoInGroup = await leo.window(groupPath);
		await send(mina.page, 'Welcome, both of you');
		await expect(thread(leoInGroup)).toContainText('Welcome, both of you');
		await leoInGroup.getByRole('button', { name: 'Room details' }).click();
		await leoInGroup.getByRole('button', { name: 'Add people' }).click();
		const dialog = leoInGroup.getByRole('dialog', { name: 'Add people' });
		// Whoever is in the room already is not offered.
		await expect(dialog.getByRole('group', { name: 'Colleagues' }).getByRole('checkbox').first()).toBeVisible();
		await expect(dialog.getByRole('checkbox', { name: /Mina Sato/ })).toBeHidden();
		await choose(dialog, 'Search people', [/Amélie Bouchard/]);
		await dialog.getByRole('button', { name: 'Add', exact: true }).click();
		await expect(dialog).toBeHidden();
		const people = leoInGroup.getByRole('region', { name: 'People in this room' });
		await expect(people.getByRole('listitem')).toHaveCount(4);
		await leoInGroup.getByRole('button', { name: 'Close details' }).click();
		await expect(thread(mina.page)).toContainText('Leo Tremblay added Amélie Bouchard');
		await expect(mina.page.getByRole('main')).toContainText('4 people');
	});
	await test.step('Amélie joins in, reading from then on', async () => {
		amelie = await Person.signIn(browser, server, 'amelie@borealis.example');
		await roomEntry(amelie.page, 'HT-2041 arrival').click();
		await send(amelie.page, 'Bonjour !');
		await expect(thread(mina.page)).toContainText('Bonjour !');
		await expect(thread(leoInGroup)).toContainText('Bonjour !');
		await expect(thread(amelie.page)).not.toContainText('Welcome, both of you');
	});
});

test('5 a company that Hana does not admit gets in by nobody’s invitation', async () => {
	await test.step('the operator makes a third company while the server runs', async () => {
		await server.cli(
			['company', 'create', '--domain', 'cedar.example', '--name', 'Cedar Foods', '--country', 'CA'].concat(
				['--owner', 'omar', '--owner-name', 'Omar Haddad', '--password-stdin']
			),
			{ input: CEDAR_PASSWORD }
		);
		omar = await server.api('omar@cedar.example', CEDAR_PASSWORD);
		(await omar.patch('/company/external/partner', { connect: 'allow', mode: 'selectedMembers' })).ok();
		const { id } = (await omar.get('/me')).ok();
		expect((await omar.post('/company/external/partner/grants', { memberIds: [id] })).ok().granted).toEqual([id]);
		// As long as Hana admits every company, its people can be found.
		expect((await omar.post('/people/lookup', { handle: 'mina@hana.example' })).status).toBe(200);
	});
	await test.step('Leo has a person of the third company as his contact', async () => {
		await lookUp(leo.page, 'omar@cedar.example');
		const card = leo.page.getByRole('article', { name: 'Omar Haddad, Cedar Foods' });
		await card.getByRole('button', { name: 'Add' }).click();
		await expect(leo.page.getByRole('heading', { name: 'Omar Haddad' })).toBeVisible();
	});
	await test.step('Hana admits Borealis alone', async () => {
		const { page } = aiko;
		await page.getByRole('link', { name: 'Chat with external users', exact: true }).click();
		await page.getByRole('group', { name: 'Which companies' }).getByLabel('Only these companies').check();
		await page.getByLabel('Company domains').fill('borealis.example');
		await page.getByRole('button', { name: 'Save' }).click();
		await expect(page.getByText('Saved.')).toBeVisible();
		await page.reload();
		await expect(page.getByLabel('Company domains')).toHaveValue('borealis.example');
		expect((await omar.post('/people/lookup', { handle: 'mina@hana.example' })).status).toBe(404);
	});
	await test.step('Leo cannot bring them into the group', async () => {
		await leoInGroup.getByRole('button', { name: 'Room details' }).click();
		await leoInGroup.getByRole('button', { name: 'Add people' }).click();
		const dialog = leoInGroup.getByRole('dialog', { name: 'Add people' });
		await choose(dialog, 'Search people', [/Omar Haddad/]);
		const answer = leoInGroup.waitForResponse((response) => response.url().endsWith('/participants'));
		await dialog.getByRole('button', { name: 'Add', exact: true }).click();
		await expect(dialog.getByRole('alert')).toContainText('The other company does not allow this at present.');
		await expect(dialog.getByRole('alert')).toContainText('Only they can change it.');
		expect((await answer).status()).toBe(403);
		// Every refusal carries code, side, sentence and remedy; Hana's list stays Hana's secret.
		const { reasons } = await (await answer).json();
		expect(reasons).toEqual([
			{ code: 'OTHER_SIDE', side: 'theirs', text: expect.any(String), remedy: expect.any(String) }
		]);
		await dialog.getByRole('button', { name: 'Cancel' }).click();
		await leoInGroup.getByRole('button', { name: 'Close details' }).click();
	});
	await test.step('nor open another room with them and Mina', async () => {
		await leoInGroup.getByRole('button', { name: 'New conversation' }).click();
		const dialog = leoInGroup.getByRole('dialog', { name: 'New conversation' });
		await choose(dialog, 'Search people', [/Omar Haddad/, /Mina Sato/]);
		await dialog.getByRole('button', { name: 'Start conversation' }).click();
		await expect(dialog.getByRole('alert')).toContainText('The other company does not allow this at present.');
		await dialog.getByRole('button', { name: 'Cancel' }).click();
	});
	await test.step('and neither does it work the other way round: a room of the third company admits nobody of Hana', async () => {
		const contact = (await omar.get('/contacts')).ok().items;
		expect(contact).toEqual([]); // Leo added Omar, not Omar Leo
		const { personRef } = (await omar.post('/people/lookup', { handle: 'leo@borealis.example' })).ok();
		const added = (await omar.post('/contacts', { personRef })).ok();
		const room = (await omar.post('/rooms', { contactIds: [added.id], name: 'Cedar and friends' })).ok();
		const minaAsContact = (await leo.api.get('/contacts?query=Mina')).ok().items[0].id;
		const refused = await leo.api.post(`/rooms/${room.id}/participants`, { contactIds: [minaAsContact] });
		expect(refused.status).toBe(403);
		expect(refused.body.reasons.map((reason: any) => [reason.code, reason.side])).toEqual([
			['OTHER_SIDE', 'theirs']
		]);
		const people = (await omar.get(`/rooms/${room.id}`)).ok().participants;
		expect(people.map((person: any) => person.name).sort()).toEqual(['Leo Tremblay', 'Omar Haddad']);
	});
	await test.step('the group is as it was', async () => {
		const people = (await mina.api.get(`/rooms/${groupPath.split('/').at(-1)}`)).ok().participants;
		expect(people).toHaveLength(4);
	});
});

test('6 a revocation holds at once, everywhere', async () => {
	await mina.page.goto(directPath);
	await expect(composer(mina.page)).toBeVisible();
	await leo.page.goto(directPath);
	await expect(composer(leo.page)).toBeVisible();
	const minaInGroup = await mina.window(groupPath);
	await expect(composer(minaInGroup)).toBeVisible();
	await expect(composer(leoInGroup)).toBeVisible();
	const shown = await texts(leo.page);
	const shownInGroup = await texts(leoInGroup);

	await test.step('Borealis takes Leo’s permission away', async () => {
		const { page } = claire;
		await page.getByRole('checkbox', { name: 'Select Leo Tremblay' }).check();
		await page.getByRole('button', { name: 'Delete' }).click();
		const dialog = page.getByRole('dialog', { name: 'Delete the permission of 1 person?' });
		const answered = page.waitForResponse((response) => response.url().endsWith('/grants/revoke'));
		await dialog.getByRole('button', { name: 'Delete' }).click();
		await answered;
	});
	await test.step('the direct room is frozen on both sides, with reason and date, without a reload', async () => {
		const mine = await expectClosed(leo.page, 'This room is frozen', [
			/Your side:.*permission/,
			/Admin › Security › Manage external message users/
		]);
		await expect(mine).not.toContainText('Other side:');
		const theirs = await expectClosed(mina.page, 'This room is frozen', [
			/Other side: The other company does not allow this at present\./
		]);
		await expect(theirs).not.toContainText('Your side:');
		await expect.poll(() => texts(leo.page)).toEqual(shown);
		await expect.poll(() => texts(mina.page)).toEqual(shown);
		await expect(leo.page.getByText('You can no longer chat with members of other companies.')).toBeVisible();
	});
	await test.step('in the group Leo alone is paused, the others go on', async () => {
		await expectClosed(leoInGroup, 'You are paused in this room', [/Your side:/]);
		await send(minaInGroup, 'Leo cannot read this');
		await expect(thread(amelie.page)).toContainText('Leo cannot read this');
		await send(amelie.page, 'We go on without him');
		await expect(thread(minaInGroup)).toContainText('We go on without him');
		await expect.poll(() => texts(leoInGroup)).toEqual(shownInGroup);
	});
	await test.step('nothing passes through the API either', async () => {
		for (const path of [directPath, groupPath]) {
			const room = path.split('/').at(-1);
			const body = { clientId: `revoked-${room}`, text: 'Let me through' };
			const refused = await leo.api.post(`/rooms/${room}/messages`, body);
			expect(refused.status).toBe(403);
			expect(refused.body.reasons).toEqual([
				{ code: 'NOT_GRANTED', side: 'yours', text: expect.any(String), remedy: expect.any(String) }
			]);
		}
		const seen = (await leo.api.get(`/rooms/${groupPath.split('/').at(-1)}/messages?limit=200`)).ok().items;
		expect(seen.map((line: any) => line.text)).not.toContain('Leo cannot read this');
	});
	await test.step('lookups find nobody, in both directions', async () => {
		const page = await mina.window('/contacts/external/new');
		await lookUp(page, 'leo@borealis.example');
		await expect(notFound(page)).toBeVisible();
		await page.close();
		const own = await leo.window('/contacts/external/new');
		await lookUp(own, 'mina@hana.example');
		await expect(notFound(own)).toBeVisible();
		await expect(own.getByRole('region', { name: 'You cannot add external users at present' })).toBeVisible();
		await own.close();
	});
	await test.step('given again, all goes on with its history; the gap in the group is marked', async () => {
		await grant(claire.page, ['Leo Tremblay']);
		await expect(composer(leo.page)).toBeVisible({ timeout: 2_000 });
		await expect(composer(mina.page)).toBeVisible({ timeout: 2_000 });
		await expect(composer(leoInGroup)).toBeVisible({ timeout: 2_000 });
		await expect.poll(() => texts(leo.page)).toEqual(shown);
		await send(mina.page, 'There you are again');
		await expect(thread(leo.page)).toContainText('There you are again');

		await send(leoInGroup, 'What did I miss?');
		await expect(thread(minaInGroup)).toContainText('What did I miss?');
		const gap = 'Messages sent while you could not take part are not shown.';
		await expect(thread(leoInGroup)).toContainText(gap);
		await leoInGroup.reload();
		await expect(thread(leoInGroup)).toContainText('What did I miss?');
		await expect(thread(leoInGroup)).toContainText(gap);
		await expect.poll(() => texts(leoInGroup)).toEqual([...shownInGroup, 'What did I miss?']);
		await expect(thread(minaInGroup)).not.toContainText(gap);
	});
});

test('7 every step is on record', async () => {
	await test.step('at Borealis, newest first', async () => {
		const { page } = claire;
		await page.getByRole('link', { name: 'Audit' }).click();
		const log = page.getByRole('list', { name: 'Audit' });
		await page.getByLabel('Category').selectOption('External chat');
		await expect(log).not.toContainText('session.started');
		const entries = await allRows(log);
		for (const [who, what] of [
			['Claire Gagnon', 'settings.changed'],
			['Claire Gagnon', 'grant.added'],
			['Claire Gagnon', 'grant.revoked'],
			['Claire Gagnon', 'room.frozen'],
			['Claire Gagnon', 'room.paused'],
			['Claire Gagnon', 'room.thawed'],
			['Claire Gagnon', 'room.resumed'],
			['Leo Tremblay', 'contact.added'],
			['Leo Tremblay', 'message.refused']
		]) {
			expect(entries.filter((text) => text.includes(what!) && text.includes(who!)), `${who} ${what}`).not.toEqual([]);
		}
	});
	await test.step('at Hana, what its people did and what came from outside', async () => {
		const { page } = aiko;
		await page.getByRole('link', { name: 'Audit' }).click();
		const entries = await allRows(page.getByRole('list', { name: 'Audit' }));
		for (const [who, what] of [
			['田中 愛子', 'settings.changed'],
			['田中 愛子', 'grant.added'],
			['Mina Sato', 'contact.added'],
			['Mina Sato', 'room.opened'],
			['System', 'room.frozen'],
			['System', 'room.thawed']
		]) {
			expect(entries.filter((text) => text.includes(what!) && text.includes(who!)), `${who} ${what}`).not.toEqual([]);
		}
		// Whom the other company took the permission from, and why, stays with that company.
		expect(entries.join('\n')).not.toContain('grant.revoked');
	});
	await test.step('the chains are unbroken', async () => {
		await server.cli(['audit', 'verify', 'hana.example']);
		await server.cli(['audit', 'verify', 'borealis.example']);
	});
	await test.step('and no browser had anything to complain about', () => {
		for (const person of [aiko, mina, claire, leo, amelie]) expect(person.complaints, person.handle).toEqual([]);
	});
});
