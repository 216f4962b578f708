import { expect, it } from 'vitest';
import { HeadStart, headStartOfPage } from './head-start.ts';
import { Transport } from './transport.ts';

const get = (path: string) => new Request(`https://chat.example${path}`);
const begun = (path: string) => new Map([[path, Promise.resolve(new Response('early'))]]);

it('an early answer is given to its own question, once', async () => {
	const early = new HeadStart(begun('/api/v1/rooms?limit=200'));
	expect(early.take(get('/api/v1/rooms?limit=50'))).toBeNull();
	expect(await (await early.take(get('/api/v1/rooms?limit=200')))?.text()).toBe('early');
	expect(early.take(get('/api/v1/rooms?limit=200'))).toBeNull();
});

it('after anything was written no early answer is used: whoever signs in is not told that nobody is', () => {
	const early = new HeadStart(begun('/api/v1/rooms?limit=200'));
	expect(early.take(new Request('https://chat.example/api/v1/sessions', { method: 'POST' }))).toBeNull();
	expect(early.take(get('/api/v1/rooms?limit=200'))).toBeNull();
});

it('a page without early answers has none, and those it has are taken only once', () => {
	expect(headStartOfPage({}).take(get('/api/v1/me'))).toBeNull();
	const page = { liaisonHeadStart: begun('/api/v1/me') };
	expect(headStartOfPage(page).take(get('/api/v1/me'))).not.toBeNull();
	expect(headStartOfPage(page).take(get('/api/v1/me'))).toBeNull();
});

it('early answers that nobody takes hold no connection, once it is known that nobody is signed in', async () => {
	let letGo = false;
	const body = new ReadableStream({ cancel: () => void (letGo = true) });
	const early = new HeadStart(new Map([['/api/v1/rooms', Promise.resolve(new Response(body))]]));
	const refused = { response: new Response(null, { status: 401 }), error: { code: 'SIGN_IN_REQUIRED' } };
	await expect(new Transport(early).answer(Promise.resolve(refused))).rejects.toThrow();
	await Promise.resolve();
	expect(letGo).toBe(true);
});
