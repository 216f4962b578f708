/** What somebody typed into the search for people outside: an ID, or a phone number. */

export type SearchTerm =
	| { kind: 'handle'; text: string }
	/** `national` where no country is named: the company's is meant. */
	| { kind: 'phone'; text: string; national: boolean };

/** Digits of half and full width with what people write between them; a plus, if any, stands first. */
const PHONE = /^[+＋]?[\d０-９\s\-.()/（）‐-―−ー－]+$/u;

/** An ID has letters and an at sign, a number has neither: one field is enough for both. Null where there is nothing. */
export function readSearchTerm(typed: string): SearchTerm | null {
	const text = typed.trim();
	if (!text) return null;
	if (!PHONE.test(text) || !/[\d０-９]/.test(text)) return { kind: 'handle', text };
	return { kind: 'phone', text, national: !/^[+＋]/.test(text) };
}

/** The country's name in the language of the screens. */
export function countryName(code: string, language: string): string {
	try {
		return new Intl.DisplayNames(language, { type: 'region' }).of(code) ?? code;
	} catch {
		return code;
	}
}
