/**
 * The tokens of both schemes, read from the text of tokens.css. Browsers answer `prefers-color-scheme` for a whole page;
 * with these a part of it wears the scheme that the page does not have.
 */
export type Scheme = 'light' | 'dark';
export type Tokens = Record<string, string>;

const DARK = '@media (prefers-color-scheme: dark)';

export function schemesOf(css: string): Record<Scheme, Tokens> {
	const [light = '', dark = ''] = css.replaceAll(/\/\*.*?\*\//gs, '').split(DARK);
	const tokens = (text: string) =>
		Object.fromEntries(
			[...text.matchAll(/(--[\w-]+):\s*([^;]+);/g)].map(([, name, value]) => [name!, value!]),
		);
	return { light: tokens(light), dark: { ...tokens(light), ...tokens(dark) } };
}
