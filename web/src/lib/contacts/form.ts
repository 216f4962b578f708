/** What a form for a contact holds, and how it becomes a request. Plain values: the form makes them reactive. */
import type { Contact, ContactPatch, FieldError, NewContact } from '#lib/api/types.ts';
import { listFields, specOf, type ListField } from './fields.ts';

/** One row of a field that holds several values. */
export interface Row {
	/** Stays with the row while others come and go. */
	key: number;
	primary: boolean;
	texts: Record<string, string>;
}

export interface Draft {
	name: string;
	/** The name is as the other side has it, and follows it. Never so in a plain contact. */
	nameFollows: boolean;
	nickname: string;
	companyName: string;
	memo: string;
	tags: string[];
	rows: Record<ListField, Row[]>;
}

let lastKey = 0;

export function emptyRow(field: ListField): Row {
	const texts = Object.fromEntries(specOf(field).columns.map(({ name }) => [name, '']));
	const type = specOf(field).types?.[0];
	return { key: ++lastKey, primary: false, texts: type ? { ...texts, type } : texts };
}

type Values = Record<ListField, readonly object[]>;

function rowsOf(field: ListField, values: readonly object[]): Row[] {
	return values.map((value) => {
		const held = value as Record<string, string | boolean | undefined>;
		const row = emptyRow(field);
		for (const name of Object.keys(row.texts)) row.texts[name] = String(held[name] ?? '');
		return { ...row, primary: held.primary === true };
	});
}

const none: Values = {
	emails: [],
	phones: [],
	organisations: [],
	addresses: [],
	dates: [],
	websites: [],
	customFields: [],
};

const allRows = (values: Values) =>
	Object.fromEntries(listFields.map((field) => [field, rowsOf(field, values[field])])) as Draft['rows'];

export const emptyDraft = (): Draft => ({
	name: '',
	nameFollows: false,
	nickname: '',
	companyName: '',
	memo: '',
	tags: [],
	rows: allRows(none),
});

export const draftOf = (contact: Contact): Draft => ({
	name: contact.name,
	nameFollows: contact.nameSynced,
	nickname: contact.nickname ?? '',
	companyName: contact.companyName ?? '',
	memo: contact.memo ?? '',
	tags: [...contact.tags],
	rows: allRows(contact),
});

/** A row in which nothing was written is none; its kind alone says nothing. */
const isFilled = (row: Row) =>
	Object.entries(row.texts).some(([name, text]) => name !== 'type' && text.trim());

const filled = (draft: Draft, field: ListField) => draft.rows[field].filter(isFilled);

function valuesOf(draft: Draft, field: ListField): object[] {
	const { hasPrimary } = specOf(field);
	return filled(draft, field).map(({ texts, primary }) => {
		const trimmed = Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, text.trim()]));
		return hasPrimary ? { ...trimmed, primary } : trimmed;
	});
}

export type TextField = 'name' | 'nickname' | 'companyName' | 'memo';
export type Field = TextField | 'tags' | ListField;

export const fieldOrder: Field[] = ['name', 'nickname', 'companyName', ...listFields, 'tags', 'memo'];

/** The value of a field as the API has it; an empty text is none. */
export function valueIn(draft: Draft, field: Field): unknown {
	if (field === 'tags') return draft.tags;
	if (field in draft.rows) return valuesOf(draft, field as ListField);
	return draft[field as TextField].trim() || null;
}

/** Compares what is said, not in which order the properties stand. */
export function isSame(a: unknown, b: unknown): boolean {
	if (Array.isArray(a) && Array.isArray(b)) {
		return a.length === b.length && a.every((item, index) => isSame(item, b[index]));
	}
	if (typeof a === 'object' && typeof b === 'object' && a !== null && b !== null) {
		const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
		const at = (of: object, key: string) => (of as Record<string, unknown>)[key];
		return [...keys].every((key) => isSame(at(a, key), at(b, key)));
	}
	return a === b;
}

/** Only what differs from the contact: a colleague may be editing the rest. */
export function patchOf(contact: Contact, draft: Draft): ContactPatch {
	const patch: Record<string, unknown> = {};
	const before = draftOf(contact);
	for (const field of editable(contact)) {
		const value = valueIn(draft, field);
		if (!isSame(value, valueIn(before, field))) patch[field] = value;
	}
	if (draft.nameFollows !== before.nameFollows) {
		// Null: as the other side has it. A name of one's own that says the same stays a name of one's own.
		if (draft.nameFollows) patch.name = null;
	} else if (draft.nameFollows) delete patch.name;
	return patch as ContactPatch;
}

/** Nickname and company of an outsider follow the other side and refuse edits. */
export const editable = (contact: Pick<Contact, 'kind'>): Field[] =>
	contact.kind === 'plain' ? fieldOrder : fieldOrder.filter((f) => f !== 'nickname' && f !== 'companyName');

export const hasChanges = (patch: ContactPatch) => Object.keys(patch).length > 0;

/** A new plain contact. What is empty is left out. */
export function bodyOf(draft: Draft): NewContact {
	const entries = fieldOrder.map((field) => [field, valueIn(draft, field)] as const);
	const given = entries.filter(
		([, value]) => value !== null && !(Array.isArray(value) && value.length === 0),
	);
	return { name: draft.name.trim(), ...Object.fromEntries(given) } as NewContact;
}

export const isEmptyDraft = (draft: Draft) => Object.keys(bodyOf(draft)).length === 1 && !draft.name.trim();

/**
 * Where in the form each refused field stands: `name`, `tags`, `emails` for all of a field, or `emails:KEY:value` for a
 * place in one row. The API counts the rows that were sent; here they are known by their keys.
 */
export function placeErrors(draft: Draft, errors: FieldError[]): Map<string, FieldError> {
	const places = new Map<string, FieldError>();
	for (const error of errors) {
		const [field = '', index, name] = error.pointer.split('/').slice(1);
		const row = field in draft.rows ? filled(draft, field as ListField)[Number(index)] : undefined;
		const place = row ? placeIn(field as ListField, row, name ?? 'row') : field;
		if (!places.has(place)) places.set(place, error);
	}
	return places;
}

export const placeIn = (field: ListField, row: Row, name: string) => `${field}:${row.key}:${name}`;
