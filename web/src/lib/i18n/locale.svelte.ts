import type { Language } from '#lib/api/types.ts';
import { firstLanguage, isLanguage, keepLanguage } from './language.ts';
import { loadMessages } from './messages.ts';

/**
 * The language of the interface. Before signing in it is the browser's or the one kept on this device, afterwards the
 * member's setting. Components are drawn anew when it changes (the root layout keys on `current`).
 */
export class Locale {
	current = $state<Language>(firstLanguage());

	/** Resolves when the language is there. Without a setting, or without its texts, the present one stays. */
	async use(language: string | null | undefined) {
		if (!isLanguage(language)) return;
		if (language !== this.current) {
			try {
				await loadMessages(language);
			} catch {
				return;
			}
		}
		keepLanguage(language);
		this.current = language;
	}
}
