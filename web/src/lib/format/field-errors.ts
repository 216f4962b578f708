import type { FieldError } from '#lib/api/types.ts';
import { m } from '#lib/paraglide/messages.js';

const known: Record<string, (error: FieldError) => string> = {
	CODE: () => m.phone_code_shape(),
	COUNTRY: () => m.error_value(),
	DATE: () => m.error_date(),
	// One code for two faults: a partner list names no domain, or an ID is of another company's.
	DOMAIN: ({ pointer }) => (pointer === '/handle' ? m.error_handle_domain() : m.error_domain()),
	EMAIL: () => m.error_email(),
	EMPTY: () => m.error_empty(),
	FIELD_SYNCED: () => m.error_synced(),
	HANDLE: () => m.error_handle(),
	LANGUAGE: () => m.error_value(),
	LENGTH: () => m.error_text(),
	NAME: () => m.error_text(),
	NOT_A_PICTURE: () => m.problem_not_a_picture(),
	NOT_FOUND: () => m.problem_not_found(),
	ORDER: () => m.error_order(),
	PASSWORD_LENGTH: () => m.error_password(),
	PAST: () => m.error_past(),
	PHONE: () => m.error_phone(),
	PICTURE_BROKEN: () => m.problem_picture_broken(),
	PURPOSE: () => m.error_text(),
	RANGE: () => m.error_range(),
	REQUIRED: () => m.error_empty(),
	SECOND_PRIMARY: () => m.error_second_primary(),
	TEXT: () => m.error_text(),
	TIME_ZONE: () => m.error_value(),
	TOO_LARGE: () => m.picture_too_large(),
	TOO_LATE: () => m.error_too_late(),
	TOO_MANY: () => m.error_too_many(),
	TOO_MANY_PIXELS: () => m.problem_too_many_pixels(),
	WEBSITE: () => m.error_website(),
	WRONG_CODE: () => m.phone_wrong_code(),
};

/** What is wrong with a field, in the language of the interface where the code is known. */
export const fieldErrorText = (error: FieldError) => known[error.code]?.(error) ?? error.text;
