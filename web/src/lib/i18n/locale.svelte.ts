import type { Language } from '#lib/api/types.ts';
import { momentOfToday, showTimesIn } from '#lib/format/time.ts';
import { isZone } from '#lib/format/zones.ts';
import { firstLanguage, isLanguage, keepLanguage } from './language.ts';
import { loadMessages } from './messages.ts';

/**
 * The language of the interface, and the time zone and day of its times. Before signing in the language is the browser's
 * or the one kept on this device, afterwards the member's setting. Components are drawn anew when it changes (the root
 * layout keys on `current`).
 */
export class Locale {
	current = $state<Language>(firstLanguage());
	/** None is the browser's own. */
	timeZone = $state<string | undefined>(undefined);
	/** A moment of the present day, another only when the day is: what names days follows it over midnight. */
	today = $state.raw(new Date());

	constructor() {
		showTimesIn(() => this.timeZone);
	}

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

	/** To be told the time again and again. */
	tick(now: Date) {
		this.today = momentOfToday(this.today, now);
	}

	/** A zone that the server knows and this browser does not is not shown. */
	useZone(timeZone: string) {
		this.timeZone = isZone(timeZone) ? timeZone : undefined;
	}
}
