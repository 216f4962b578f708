/** Values of a contact as people read them. */
import type { Contact } from '#lib/api/types.ts';
import { m } from '#lib/paraglide/messages.js';
import { specOf, typeText, type ListField } from './fields.ts';
import type { Field } from './form.ts';

type Texts = Record<string, string | boolean | undefined>;

const text = (value: Texts, name: string) => String(value[name] ?? '');

/** From the country down in Japanese and Korean, from the street up elsewhere. */
export function addressLines(value: object, language: string): string[] {
	const of = (...names: string[]) =>
		names
			.map((name) => text(value as Texts, name))
			.filter(Boolean)
			.join(' ');
	const lines =
		language === 'ja' || language === 'ko'
			? [of('country'), of('postalCode'), of('region', 'locality', 'street')]
			: [of('street'), of('locality', 'region', 'postalCode'), of('country')];
	return lines.filter(Boolean);
}

/** A day of the calendar, which is the same day in every time zone. */
export function dayText(day: string, language: string): string {
	const at = new Date(`${day}T00:00:00Z`);
	if (Number.isNaN(at.getTime())) return day;
	return new Intl.DateTimeFormat(language, { dateStyle: 'long', timeZone: 'UTC' }).format(at);
}

/** One value of a field in a line. */
export function valueText(field: ListField, value: object, language: string): string {
	const texts = value as Texts;
	if (field === 'addresses') return addressLines(value, language).join(', ');
	if (field === 'organisations') {
		return ['name', 'department', 'title']
			.map((name) => text(texts, name))
			.filter(Boolean)
			.join(' · ');
	}
	if (field === 'customFields') return `${text(texts, 'name')}: ${text(texts, 'value')}`;
	if (field === 'dates') return dayText(text(texts, 'value'), language);
	return text(texts, 'value');
}

/** All of a field, a line for each value. */
export function fieldLines(field: Field, value: unknown, language: string): string[] {
	if (value === null || value === undefined) return [];
	if (field === 'tags') return value as string[];
	if (!Array.isArray(value)) return [String(value)];
	return (value as Texts[]).map((item) => {
		const line = valueText(field as ListField, item, language);
		const kind = specOf(field as ListField).types ? typeText(text(item, 'type')) : '';
		const marks = [kind, item.primary === true ? m.primary() : ''].filter(Boolean).join(', ');
		return marks ? `${line} (${marks})` : line;
	});
}

export function fieldTitle(field: Field): string {
	const titles: Record<string, () => string> = {
		name: m.field_name,
		nickname: m.field_nickname,
		companyName: m.field_company,
		memo: m.field_memo,
		tags: m.field_tags,
	};
	return titles[field]?.() ?? specOf(field as ListField).title();
}

/** Whether a website can be a link: the server takes no other, and an older entry may be anything. */
export const isWebAddress = (value: string) => /^https?:\/\//i.test(value);

/** When it goes for good, or why it does not. */
export function untilText(contact: Contact, date: (iso: string) => string): string {
	return contact.purgeAt ? m.trash_until({ date: date(contact.purgeAt) }) : m.trash_kept();
}
