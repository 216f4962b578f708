import { expect, it } from 'vitest';
import { schemesOf } from './schemes.ts';

it('reads what both schemes say, dark on top of light', () => {
	const root = ':root { --c-page: #fff; /* --c-old: red; */ --speed: 120ms; }';
	const dark = `${root} @media (prefers-color-scheme: dark) { :root { --c-page: #000; } }`;
	expect(schemesOf(dark)).toEqual({
		light: { '--c-page': '#fff', '--speed': '120ms' },
		dark: { '--c-page': '#000', '--speed': '120ms' },
	});
});
