/** Time zones: which there are, what they are called, and which instant a local date begins at. */

export interface Zone {
	/** IANA name: Asia/Tokyo. */
	id: string;
	/** The place that stands for it: Tokyo. */
	place: string;
	/** What its time is called, in the language of the interface. */
	name: string;
	/** How far ahead of UTC it is, in minutes. */
	offset: number;
	/** All of it, folded, for searching. */
	text: string;
}

export interface ZoneGroup {
	offset: number;
	zones: Zone[];
}

/** Browsers list some places under names that they themselves have given up; people look for those of today. */
const renamed: Record<string, string> = {
	'America/Godthab': 'America/Nuuk',
	'Asia/Calcutta': 'Asia/Kolkata',
	'Asia/Katmandu': 'Asia/Kathmandu',
	'Asia/Rangoon': 'Asia/Yangon',
	'Asia/Saigon': 'Asia/Ho_Chi_Minh',
	'Atlantic/Faeroe': 'Atlantic/Faroe',
	'Europe/Kiev': 'Europe/Kyiv',
	'Pacific/Enderbury': 'Pacific/Kanton',
	'Pacific/Ponape': 'Pacific/Pohnpei',
	'Pacific/Truk': 'Pacific/Chuuk',
};

const known = new Map<string, boolean>();

export function isZone(id: string): boolean {
	const before = known.get(id);
	if (before !== undefined) return before;
	let found = true;
	try {
		new Intl.DateTimeFormat('en', { timeZone: id });
	} catch {
		found = false;
	}
	known.set(id, found);
	return found;
}

/** The zone this browser is set to. */
export function ownZone(): string {
	const id = new Intl.DateTimeFormat().resolvedOptions().timeZone;
	return renamed[id] ?? id;
}

/** A zone this browser can reckon with: the one asked for, or its own where the server knows zones that it does not. */
export const usableZone = (id: string): string => (isZone(id) ? id : ownZone());

export function placeOf(id: string): string {
	return id.slice(id.lastIndexOf('/') + 1).replaceAll('_', ' ');
}

/** Minutes ahead of UTC at this instant. */
export function offsetAt(zone: string, instant: number): number {
	const parts = new Intl.DateTimeFormat('en-US', {
		timeZone: zone,
		timeZoneName: 'longOffset',
	}).formatToParts(instant);
	const text = parts.find((part) => part.type === 'timeZoneName')?.value ?? '';
	const [, sign, hours = '0', minutes = '0'] = /([+-])(\d+):?(\d+)?/.exec(text) ?? [];
	return sign ? (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) : 0;
}

export function offsetText(minutes: number): string {
	const absolute = Math.abs(minutes);
	const pad = (value: number) => String(value).padStart(2, '0');
	return `UTC${minutes < 0 ? '−' : '+'}${pad(Math.floor(absolute / 60))}:${pad(absolute % 60)}`;
}

/** What a zone's time is called: "Japan Time", 「日本時間」. */
export function zoneName(id: string, language: string, now: number): string {
	const format = new Intl.DateTimeFormat(language, { timeZone: id, timeZoneName: 'longGeneric' });
	return format.formatToParts(now).find((part) => part.type === 'timeZoneName')?.value ?? id;
}

const fold = (text: string) =>
	text
		.normalize('NFKD')
		.replace(/\p{M}/gu, '')
		.toLowerCase()
		.replace(/[_/−\s]+/g, ' ');

export function describeZone(id: string, language: string, now: number): Zone {
	const offset = offsetAt(id, now);
	const place = placeOf(id);
	const name = zoneName(id, language, now);
	return { id, place, name, offset, text: fold(`${id} ${name} ${offsetText(offset).replace('−', '-')}`) };
}

/** Every zone this browser knows, and those given besides. */
export function allZones(language: string, now: number, besides: string[] = []): Zone[] {
	const ids = Intl.supportedValuesOf('timeZone').map((id) => renamed[id] ?? id);
	const all = [...new Set(['UTC', ...ids, ...besides])].filter(isZone);
	return all.map((id) => describeZone(id, language, now));
}

/** Those in which every word of the search occurs, by offset from west to east, within one by place. */
export function findZones(zones: Zone[], search: string): ZoneGroup[] {
	const words = fold(search.trim()).split(' ').filter(Boolean);
	const found = zones.filter((zone) => words.every((word) => zone.text.includes(word)));
	const groups = new Map<number, Zone[]>();
	for (const zone of found) groups.set(zone.offset, [...(groups.get(zone.offset) ?? []), zone]);
	return [...groups]
		.sort(([a], [b]) => a - b)
		.map(([offset, members]) => ({
			offset,
			zones: members.sort((a, b) => a.place.localeCompare(b.place, 'en')),
		}));
}

/** The instant at which a date (`2026-03-31`, plus some days) begins in a zone. */
export function startOfDayIn(zone: string, date: string, days = 0): Date {
	const [year = 1970, month = 1, day = 1] = date.split('-').map(Number);
	const wall = Date.UTC(year, month - 1, day + days);
	// The offset before the day's first hour and the one after it differ where clocks change at midnight. Where the hour
	// from midnight is left out the day begins after it; where it comes twice, with the first.
	const candidates = [-86_400_000, 86_400_000].map((by) => wall - offsetAt(zone, wall + by) * 60_000);
	const early = Math.min(...candidates);
	const late = Math.max(...candidates);
	const isMidnight = (instant: number) => instant + offsetAt(zone, instant) * 60_000 === wall;
	return new Date(isMidnight(early) ? early : late);
}
