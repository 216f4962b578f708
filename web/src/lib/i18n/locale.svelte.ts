import { getLocale, isLocale, setLocale } from '#lib/paraglide/runtime.js';
import type { Language } from '#lib/api/types.ts';
import { showTimesIn } from '#lib/format/time.ts';
import { isZone } from '#lib/format/zones.ts';

/**
 * The language of the interface, and the time zone of its times. Before signing in the language is the browser's or the
 * one kept on this device, afterwards the member's setting. Message functions read Paraglide's own variable, so
 * components are drawn anew when it changes (the root layout keys on `current`).
 */
export class Locale {
	current = $state<Language>(getLocale());
	/** None is the browser's own. */
	timeZone = $state<string | undefined>(undefined);

	constructor() {
		showTimesIn(() => this.timeZone);
	}

	/** Without a setting the browser's language stays. */
	use(language: string | null | undefined) {
		if (!isLocale(language) || language === this.current) return;
		void setLocale(language, { reload: false });
		this.current = language;
	}

	/** A zone that the server knows and this browser does not is not shown. */
	useZone(timeZone: string) {
		this.timeZone = isZone(timeZone) ? timeZone : undefined;
	}
}
