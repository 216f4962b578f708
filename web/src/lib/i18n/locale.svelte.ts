import { getLocale, isLocale, setLocale } from '#lib/paraglide/runtime.js';
import type { Language } from '#lib/api/types.ts';

/**
 * The language of the interface. Before signing in it is the browser's or the one kept on this device, afterwards the
 * member's setting. Message functions read Paraglide's own variable, so components are drawn anew when it changes
 * (the root layout keys on `current`).
 */
export class Locale {
	current = $state<Language>(getLocale());

	/** Without a setting the browser's language stays. */
	use(language: string | null | undefined) {
		if (!isLocale(language) || language === this.current) return;
		void setLocale(language, { reload: false });
		this.current = language;
	}
}
