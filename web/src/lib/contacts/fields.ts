/** The fields of a contact that hold several values: their columns, and what a form and a page call them. */
import type { HTMLInputAttributes } from 'svelte/elements';
import { m } from '#lib/paraglide/messages.js';

export type ListField =
	'phones' | 'emails' | 'organisations' | 'addresses' | 'dates' | 'websites' | 'customFields';

export interface Column {
	/** Its name in the API. */
	name: string;
	label: () => string;
	type?: 'text' | 'email' | 'tel' | 'url' | 'date';
	maxlength?: number;
	inputmode?: HTMLInputAttributes['inputmode'];
	/** Takes the whole width of a form. */
	wide?: boolean;
}

export interface Spec {
	title: () => string;
	add: () => string;
	/** The kinds that are offered, the first for a new row; others may be written. None where a value has no kind. */
	types?: string[];
	/** Whether one of the values is the one to use first. */
	hasPrimary: boolean;
	columns: Column[];
}

const LINE = 300;

const specs: Record<ListField, Spec> = {
	phones: {
		title: m.field_phones,
		add: m.add_phone,
		types: ['mobile', 'work', 'home', 'fax'],
		hasPrimary: true,
		columns: [{ name: 'value', label: m.field_phone, type: 'tel', maxlength: 50 }],
	},
	emails: {
		title: m.field_emails,
		add: m.add_email,
		types: ['work', 'home'],
		hasPrimary: true,
		columns: [{ name: 'value', label: m.field_email, type: 'email', maxlength: 254 }],
	},
	organisations: {
		title: m.field_organisations,
		add: m.add_organisation,
		hasPrimary: true,
		columns: [
			{ name: 'name', label: m.field_organisation, maxlength: LINE, wide: true },
			{ name: 'department', label: m.field_department, maxlength: LINE },
			{ name: 'title', label: m.field_title, maxlength: LINE },
		],
	},
	addresses: {
		title: m.field_addresses,
		add: m.add_address,
		types: ['work', 'home'],
		hasPrimary: true,
		columns: [
			{ name: 'postalCode', label: m.field_postal_code, maxlength: LINE },
			{ name: 'country', label: m.field_country, maxlength: LINE },
			{ name: 'region', label: m.field_region, maxlength: LINE },
			{ name: 'locality', label: m.field_locality, maxlength: LINE },
			{ name: 'street', label: m.field_street, maxlength: LINE, wide: true },
		],
	},
	dates: {
		title: m.field_dates,
		add: m.add_date,
		types: ['birthday', 'anniversary'],
		hasPrimary: false,
		columns: [{ name: 'value', label: m.field_date, type: 'date' }],
	},
	websites: {
		title: m.field_websites,
		add: m.add_website,
		types: ['work', 'home'],
		hasPrimary: true,
		columns: [{ name: 'value', label: m.field_website, type: 'url', maxlength: 2_000 }],
	},
	customFields: {
		title: m.field_custom,
		add: m.add_custom,
		hasPrimary: false,
		columns: [
			{ name: 'name', label: m.field_custom_name, maxlength: 30 },
			{ name: 'value', label: m.field_custom_value, maxlength: LINE },
		],
	},
};

export const listFields = Object.keys(specs) as ListField[];
export const specOf = (field: ListField): Spec => specs[field];
/** The longest name, nickname and company, and the longest word for a kind. */
export const NAME_LENGTH = 100;
export const TYPE_LENGTH = 30;

const kinds: Record<string, () => string> = {
	mobile: m.type_mobile,
	work: m.type_work,
	home: m.type_home,
	fax: m.type_fax,
	birthday: m.type_birthday,
	anniversary: m.type_anniversary,
};

/** The kind in words; one's own word as it is. */
export const typeText = (type: string) => kinds[type]?.() ?? type;
