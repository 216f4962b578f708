/** Meeting by invitation: links, cards and QR codes, from the one who hands them out to the one who comes in. */
import { chromium, type Browser, type Page } from '@playwright/test';
import { execFileSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chapter, expect, expectAccessible, Server, type Api } from './fixtures.ts';
import { composer, DEMO_PASSWORD, Person, watch } from './stage.ts';

const WIDE = { width: 1440, height: 900 };
const NARROW = { width: 390, height: 844 };

let server: Server;
let scratch: string;

/** What a scanner of its own reads in a picture. */
async function scanned(picture: Buffer): Promise<string> {
	const file = join(scratch, `${Date.now()}.png`);
	await writeFile(file, picture);
	return execFileSync('zbarimg', ['--raw', '-q', file], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
}

async function invite(page: Page, purpose: string): Promise<string> {
	await page.goto('/contacts/external/new?tab=invite');
	await page.getByLabel('Purpose').fill(purpose);
	await page.getByRole('button', { name: 'Make invitation' }).click();
	const ready = page.getByRole('region', { name: 'Your invitation' });
	await expect(ready.getByRole('button', { name: 'Copy link' })).toBeInViewport();
	await expect(ready.getByRole('img')).toBeVisible();
	return ready.getByText(/\/i\//).innerText();
}

async function signIn(browser: Browser, handle: string, size: { width: number; height: number }): Promise<Person> {
	const person = await Person.signIn(browser, server, handle);
	await person.page.setViewportSize(size);
	return person;
}

async function codePicture(handle: string): Promise<{ url: string; png: Buffer }> {
	const api = await server.api(handle, DEMO_PASSWORD);
	const card = (await api.get('/me/card')).ok();
	const answer = await fetch(`${server.baseUrl}${card.qrPngUrl}`, { headers: { authorization: `Bearer ${api.token}` } });
	return { url: card.url, png: Buffer.from(await answer.arrayBuffer()) };
}

for (const [name, size] of [
	['wide', WIDE],
	['narrow', NARROW]
] as const) {
	chapter.describe(name, () => {
		chapter.beforeAll(async () => {
			chapter.setTimeout(120_000);
			server = await Server.start('demo');
			scratch = await mkdtemp(join(tmpdir(), 'liaison-e2e-qr-'));
			const id = async (api: Api) => (await api.get('/me')).ok().id as string;
			for (const [owner, members] of [
				['aiko@hana.example', ['mina@hana.example']],
				['claire@borealis.example', ['leo@borealis.example', 'claire@borealis.example', 'priya@borealis.example']]
			] as const) {
				const api = await server.api(owner, DEMO_PASSWORD);
				(await api.patch('/company/external/partner', { connect: 'allow', mode: 'selectedMembers' })).ok();
				const memberIds = [];
				for (const handle of members) memberIds.push(await id(await server.api(handle, DEMO_PASSWORD)));
				(await api.post('/company/external/partner/grants', { memberIds })).ok();
			}
		});

		chapter.afterAll(async () => {
			await server?.stop();
			if (scratch) await rm(scratch, { recursive: true, force: true });
		});

		chapter('b9 a link lets in whoever is signed in, and whoever signs in for it', async ({ browser }) => {
			const mina = await signIn(browser, 'mina@hana.example', size);
			const url = await invite(mina.page, 'Spring fair');
			expect(url).toContain(`${server.baseUrl}/i/`);

			const leo = await signIn(browser, 'leo@borealis.example', size);
			await leo.page.goto(url);
			await expect(leo.page.getByRole('heading', { name: 'Mina Sato invites you' })).toBeVisible();
			await expect(leo.page.getByText('Hana Trading')).toBeVisible();
			await leo.page.getByRole('button', { name: 'Add as contact' }).click();
			await expect(composer(leo.page)).toBeVisible();

			// Signed out, one signs in and is back where one was.
			const context = await browser.newContext({ baseURL: server.baseUrl, viewport: size, locale: 'en-GB' });
			const complaints = await watch(context);
			const page = await context.newPage();
			await page.goto(url);
			await expect(page.getByRole('heading', { name: 'No account yet?' })).toBeVisible();
			await page.getByRole('link', { name: 'Sign in to continue' }).click();
			await page.getByLabel('Message ID').fill('claire@borealis.example');
			await page.getByLabel('Password').fill(DEMO_PASSWORD);
			await page.locator('form').getByRole('button').click();
			await expect(page).toHaveURL(url);
			await (await server.api('claire@borealis.example', DEMO_PASSWORD)).patch('/me', { settings: { language: 'en' } });
			await page.reload();
			await page.getByRole('button', { name: 'Open room only' }).click();
			await expect(composer(page)).toBeVisible();
			await expect(page.getByRole('button', { name: 'Add contact' })).toBeVisible();

			// One's own is said to be that; a colleague is sent to the directory.
			await mina.page.goto(url);
			await mina.page.getByRole('button', { name: 'Add as contact' }).click();
			await expect(mina.page.getByRole('alert').filter({ hasText: 'your own' })).toBeVisible();

			// Who came in; and revoked, it is gone for everybody.
			await mina.page.goto('/contacts/external/new?tab=invite');
			await mina.page.getByRole('button', { name: 'Details: Spring fair' }).click();
			const cameIn = mina.page.getByRole('region', { name: 'Who came in' });
			await expect(cameIn.getByRole('listitem')).toHaveCount(2);
			await mina.page.getByRole('button', { name: 'Revoke Spring fair' }).click();
			await mina.page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
			await expect(mina.page.getByText('Revoked', { exact: true })).toBeVisible();
			await leo.page.goto(url);
			await expect(leo.page.getByText('This invitation is not valid')).toBeVisible();
			await leo.page.goto(url.slice(0, -1));
			await expect(leo.page.getByText('This invitation is not valid')).toBeVisible();
			expect([...mina.complaints, ...leo.complaints, ...complaints]).toEqual([]);
			for (const { context } of [mina, leo]) await context.close();
			await context.close();
		});

		chapter('b8 an invitation is mailed, and the list says how far the mail got', async ({ browser }) => {
			const mina = await signIn(browser, 'mina@hana.example', size);
			await mina.page.goto('/contacts/external/new?tab=invite');
			await mina.page.getByLabel('Purpose').fill('By mail');
			await mina.page.getByRole('textbox', { name: 'Invite via e-mail' }).fill('guest');
			await mina.page.getByRole('button', { name: 'Make and send' }).click();
			await expect(mina.page.getByText('This is not an e-mail address.')).toBeVisible();
			await mina.page.getByRole('textbox', { name: 'Invite via e-mail' }).fill('guest@mail.example');
			await mina.page.getByLabel('Language of the text').selectOption('日本語');
			await mina.page.getByRole('button', { name: 'Make and send' }).click();
			await expect(mina.page.getByText(/^To guest@mail\.example/)).toBeVisible();
			const ready = mina.page.getByRole('region', { name: 'Your invitation' });
			const url = await ready.getByText(/\/i\//).innerText();
			// Without a mail server, a server on this machine writes what it would send into a folder.
			const outbox = join(server.dataDir, 'outbox');
			const letters = async () => {
				const files = await readdir(outbox).catch(() => [] as string[]);
				return Promise.all(files.filter((name) => name.endsWith('.json')).map((name) => readFile(join(outbox, name), 'utf8')));
			};
			await expect.poll(async () => (await letters()).some((letter) => letter.includes(url) && letter.includes('招待'))).toBe(true);
			// The page asks by itself, and gets there without being loaded anew.
			await expect(mina.page.getByText('To guest@mail.example: sent')).toBeVisible();
			expect(mina.complaints).toEqual([]);
			await mina.context.close();
		});

		chapter('b6 a card is shown, saved as a picture, and replaced', async ({ browser }) => {
			const mina = await signIn(browser, 'mina@hana.example', size);
			await mina.page.getByRole('button', { name: /^My menu/ }).click();
			await mina.page.getByRole('menuitem', { name: 'My card' }).click();
			const link = mina.page.getByText(/\/i\//);
			const url = await link.innerText();
			// The business card is drawn in the browser; a scanner reads what it carries.
			const save = mina.page.getByRole('button', { name: 'Save image' });
			await expect(save).toBeEnabled();
			const saving = mina.page.waitForEvent('download');
			await save.click();
			const picture = await (await saving).createReadStream();
			const bytes: Buffer[] = [];
			for await (const piece of picture) bytes.push(piece as Buffer);
			expect(await scanned(Buffer.concat(bytes))).toBe(url);
			const code = mina.page.waitForEvent('download');
			await mina.page.getByRole('link', { name: 'Save QR code' }).click();
			expect((await code).suggestedFilename()).toBe('liaison-qr.png');
			// What a phone's camera sees of the screen, in both schemes: this one is SVG.
			for (const colorScheme of ['light', 'dark'] as const) {
				await mina.page.emulateMedia({ colorScheme });
				expect(await scanned(await mina.page.locator('img[src$="qr.svg"]').first().screenshot())).toBe(url);
			}
			await mina.page.getByRole('button', { name: 'Replace my card' }).click();
			await mina.page.getByRole('dialog').getByRole('button', { name: 'Replace my card' }).click();
			await expect(link).not.toHaveText(url);
			expect((await server.anonymous().get(`/invitations/by-code/${url.split('/').pop()}`)).status).toBe(404);
			expect(mina.complaints).toEqual([]);
			await mina.context.close();
		});

		chapter('b5 a QR code is read from a picture', async ({ browser }) => {
			const { png } = await codePicture('mina@hana.example');
			const priya = await signIn(browser, 'priya@borealis.example', size);
			await priya.page.goto('/contacts/external/new');
			await priya.page.getByRole('tab', { name: 'Scan QR code' }).click();
			const chooser = priya.page.locator('input[type=file]');
			await chooser.setInputFiles({ name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('no picture') });
			await expect(priya.page.getByText('not a picture')).toBeVisible();
			const blank = await priya.page.screenshot({ clip: { x: 0, y: 0, width: 50, height: 50 } });
			await chooser.setInputFiles({ name: 'blank.png', mimeType: 'image/png', buffer: blank });
			await expect(priya.page.getByText('no QR code that can be read')).toBeVisible();
			await chooser.setInputFiles({ name: 'card.png', mimeType: 'image/png', buffer: png });
			const found = priya.page.getByRole('article');
			await expect(found).toContainText('Hana Trading');
			await found.getByRole('button', { name: 'Add' }).click();
			await expect(composer(priya.page)).toBeVisible();
			expect(priya.complaints).toEqual([]);
			await priya.context.close();
		});

		/** A film of one still picture, as Chromium's stand-in for a camera takes it: YUV4MPEG2, luminance first. */
		async function film(browser: Browser, png: Buffer): Promise<string> {
			const [width, height] = [640, 480];
			const page = await browser.newPage();
			const luminance = await page.evaluate(
				async ({ data, width, height }) => {
					const image = new Image();
					image.src = `data:image/png;base64,${data}`;
					await image.decode();
					const canvas = new OffscreenCanvas(width, height);
					const pen = canvas.getContext('2d')!;
					pen.fillStyle = '#888';
					pen.fillRect(0, 0, width, height);
					pen.drawImage(image, 140, 60, 360, 360);
					const { data: pixels } = pen.getImageData(0, 0, width, height);
					return Array.from({ length: width * height }, (_, i) => pixels[i * 4]!);
				},
				{ data: png.toString('base64'), width, height }
			);
			await page.close();
			const frame = Buffer.concat([
				Buffer.from('FRAME\n'),
				Buffer.from(luminance),
				Buffer.alloc((width * height) / 2, 128)
			]);
			const file = join(scratch, 'card.y4m');
			const head = Buffer.from(`YUV4MPEG2 W${width} H${height} F10:1 Ip A1:1 C420jpeg\n`);
			await writeFile(file, Buffer.concat([head, ...Array.from({ length: 10 }, () => frame)]));
			return file;
		}

		chapter('b5 a QR code is read by the camera, which stops when one leaves', async ({ browser }) => {
			const { png } = await codePicture('mina@hana.example');
			const executablePath = process.env['LIAISON_CHROMIUM'] || '/usr/bin/chromium';
			const args = ['--no-sandbox', '--use-fake-device-for-media-stream'];
			const file = await film(browser, png);
			const filming = await chromium.launch({
				executablePath,
				args: [...args, '--use-fake-ui-for-media-stream', `--use-file-for-fake-video-capture=${file}`]
			});
			const leo = await signIn(filming, 'leo@borealis.example', size);
			await leo.page.addInitScript(() => {
				const tracks: MediaStreamTrack[] = ((globalThis as any).tracks = []);
				const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
				navigator.mediaDevices.getUserMedia = async (wish) => {
					const stream = await open(wish);
					tracks.push(...stream.getTracks());
					return stream;
				};
			});
			const states = () => leo.page.evaluate(() => (globalThis as any).tracks.map((t: MediaStreamTrack) => t.readyState));
			await leo.page.goto('/contacts/external/new?tab=scan');
			await leo.page.getByRole('button', { name: 'Start camera' }).click();
			await expect(leo.page.getByRole('article')).toContainText('Hana Trading');
			expect(await states()).toEqual(['ended']);
			// Another code than one of ours: nobody is found, and one may try again. Leaving the tab stops the camera.
			await leo.page.route('**/people/lookup', () => {});
			await leo.page.getByRole('button', { name: 'Scan again' }).click();
			await expect.poll(async () => (await states()).length).toBe(2);
			await leo.page.getByRole('tab', { name: 'Search users' }).click();
			await expect.poll(states).toEqual(['ended', 'ended']);
			expect(leo.complaints).toEqual([]);
			await filming.close();

			// Without a camera, and without being allowed to use it.
			const refusing = await chromium.launch({ executablePath, args: ['--no-sandbox', '--deny-permission-prompts'] });
			const other = await signIn(refusing, 'leo@borealis.example', size);
			await other.page.goto('/contacts/external/new?tab=scan');
			await other.page.getByRole('button', { name: 'Start camera' }).click();
			await expect(other.page.getByText(/The camera is not allowed|No camera was found/)).toBeVisible();
			await refusing.close();
		});

		if (size === NARROW) return;
		chapter('everything of invitations is accessible, wide and narrow, light and dark', async ({ browser }) => {
			const mina = await signIn(browser, 'mina@hana.example', WIDE);
			await mina.page.emulateMedia({ reducedMotion: 'reduce' });
			const url = await invite(mina.page, 'Winter fair');
			const look = async (page: Page) => {
				for (const viewport of [WIDE, NARROW]) {
					await page.setViewportSize(viewport);
					for (const colorScheme of ['light', 'dark'] as const) {
						await page.emulateMedia({ colorScheme });
						await expectAccessible(page);
					}
				}
			};
			await look(mina.page);
			await mina.page.getByRole('button', { name: 'Details: Winter fair' }).click();
			await expect(mina.page.getByText('Nobody yet.')).toBeVisible();
			await look(mina.page);
			await mina.page.goto('/contacts/external/new?tab=scan');
			await expect(mina.page.getByRole('button', { name: 'Start camera' })).toBeVisible();
			await look(mina.page);
			await mina.page.goto('/card');
			await expect(mina.page.getByRole('button', { name: 'Save image' })).toBeEnabled();
			await look(mina.page);
			const context = await browser.newContext({ baseURL: server.baseUrl, locale: 'en-GB', reducedMotion: 'reduce' });
			const page = await context.newPage();
			for (const [path, whole] of [
				[url, 'Sign in to continue'],
				['/i/nothing', 'This invitation is not valid']
			] as const) {
				await page.goto(path);
				await expect(page.getByText(whole)).toBeVisible();
				await look(page);
			}
			await context.close();
			await mina.context.close();
		});
	});
}
