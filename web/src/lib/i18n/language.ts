import type { Language } from '#lib/api/types.ts';

/** Where this device keeps the language; `src/boot.js` reads it as well. */
const KEY = 'liaison.language';

export const isLanguage = (text: unknown): text is Language =>
	text === 'en' || text === 'ja' || text === 'ko';

/** The kept language, else the first of the browser's that there is, else English. */
export function chooseLanguage(kept: string | null, browser: readonly string[]): Language {
	if (isLanguage(kept)) return kept;
	return browser.map((tag) => tag.toLowerCase().split('-')[0]).find(isLanguage) ?? 'en';
}

export function firstLanguage(): Language {
	return chooseLanguage(read(), navigator.languages);
}

function read(): string | null {
	try {
		return localStorage.getItem(KEY);
	} catch {
		return null;
	}
}

export function keepLanguage(language: Language) {
	try {
		localStorage.setItem(KEY, language);
	} catch {
		// A browser that keeps nothing asks the server again next time.
	}
}
