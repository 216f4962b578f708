import { firstLanguage } from '#lib/i18n/language.ts';
import { loadMessages } from '#lib/i18n/messages.ts';

/** SvelteKit draws nothing before this has resolved. */
export const init = () => loadMessages(firstLanguage());
