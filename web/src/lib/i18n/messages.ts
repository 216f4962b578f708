import type { Language } from '#lib/api/types.ts';
import type * as texts from '../paraglide/messages/en.js';

/**
 * The texts of one language at a time. The build puts this module in the place of Paraglide's index (`oneLanguage` in
 * vite.config.ts), which would bring every language along; unit tests keep that index.
 *
 * `m` is a live binding: after the language has changed, `m.send()` says it in the new one. Nothing may be drawn before
 * the first language is there; `hooks.client.ts` sees to that.
 */
export let m: typeof texts;

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
	if (wanted === language) m = loaded as typeof texts;
}
