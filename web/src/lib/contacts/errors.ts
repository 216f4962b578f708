import type { FieldError } from '#lib/api/types.ts';
import { m } from '#lib/paraglide/messages.js';

const known: Record<string, () => string> = {
	EMAIL: m.error_email,
	PHONE: m.error_phone,
	WEBSITE: m.error_website,
	DATE: m.error_date,
	TEXT: m.error_text,
	EMPTY: m.error_empty,
	TOO_MANY: m.error_too_many,
	SECOND_PRIMARY: m.error_second_primary,
	FIELD_SYNCED: m.error_synced,
};

/** What is wrong with a field, in the language of the interface where the code is known. */
export const fieldErrorText = (error: FieldError) => known[error.code]?.() ?? error.text;
