import type { Language } from '#lib/api/types.ts';
import type * as texts from '../paraglide/messages/en.js';

type Text = (...values: unknown[]) => string;

let spoken: Record<string, Text>;
const said = new Map<string | symbol, Text>();

/**
 * The texts of one language at a time. The build puts this module in the place of Paraglide's index (`oneLanguage` in
 * vite.config.ts), which would bring every language along; unit tests keep that index.
 *
 * Each text is looked up when it is said, not when it is named: tables of texts can be made before any language is
 * there, and say it in the new one after the language has changed. Nothing may be drawn before the first language is
 * there; `hooks.client.ts` sees to that.
 */
export const m = new Proxy({} as typeof texts, {
	get(_, name) {
		let text = said.get(name);
		if (!text) said.set(name, (text = (...values) => spoken[name as string]!(...values)));
		return text;
	},
});

const languages: Record<Language, () => Promise<unknown>> = {
	en: () => import('../paraglide/messages/en.js'),
	ja: () => import('../paraglide/messages/ja.js'),
	ko: () => import('../paraglide/messages/ko.js'),
};

let wanted: Language;

/** The language that was asked for last wins, whichever arrives last. */
export async function loadMessages(language: Language): Promise<void> {
	wanted = language;
	const loaded = await languages[language]();
	if (wanted === language) spoken = loaded as Record<string, Text>;
}
