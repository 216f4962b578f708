import { createContext } from 'svelte';
import type { Api } from '#lib/api/client.ts';
import type { Locale } from '#lib/i18n/locale.svelte.ts';
import type { SingleKeys } from '#lib/frame/single-keys.svelte.ts';
import type { ContactBook } from './contact-book.svelte.ts';
import type { Messenger } from './messenger.svelte.ts';
import type { Session } from './session.svelte.ts';
import type { Toasts } from './toasts.svelte.ts';

/** What every page may use; made once in the root layout. */
export interface AppState {
	api: Api;
	locale: Locale;
	session: Session;
	messenger: Messenger;
	contacts: ContactBook;
	toasts: Toasts;
	singleKeys: SingleKeys;
}

export const [getApp, setApp] = createContext<AppState>();
