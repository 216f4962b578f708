/** All dates and times of the interface: in its language, in the time zone of whoever reads. */

import { dateFormat, listFormat, relativeFormat } from './kept.ts';

const DAY = 86_400_000;

let shownIn: () => string | undefined = () => undefined;

/** Says where to ask for the zone in which times are shown. Whatever shows one follows when the answer changes. */
export function showTimesIn(zone: () => string | undefined) {
	shownIn = zone;
}

const at = (iso: string) => new Date(iso);

function format(language: string, given: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
	return dateFormat(language, { ...given, timeZone: given.timeZone ?? shownIn() });
}

export function dayKey(iso: string, timeZone?: string): string {
	// sv-SE writes dates as year-month-day, which compares as text.
	return format('sv-SE', { timeZone, dateStyle: 'short' }).format(at(iso));
}

/**
 * A moment of the present day: the held one as long as its day lasts where times are shown, so that nothing follows the
 * clock by the second; `now` once another day has begun, however long nobody looked.
 */
export function momentOfToday(held: Date, now: Date, timeZone?: string): Date {
	const same = dayKey(held.toISOString(), timeZone) === dayKey(now.toISOString(), timeZone);
	return same ? held : now;
}

export function formatTime(iso: string, language: string, timeZone?: string): string {
	return format(language, { hour: 'numeric', minute: '2-digit', timeZone }).format(at(iso));
}

export function formatDate(iso: string, language: string, timeZone?: string): string {
	return format(language, {
		year: 'numeric',
		month: 'short',
		day: 'numeric',
		timeZone,
	}).format(at(iso));
}

/** A day without a time (`2026-01-31`), which is the same day everywhere. */
export function formatCalendarDay(day: string, language: string): string {
	return formatDate(`${day}T12:00:00Z`, language, 'UTC');
}

export function formatDateTime(iso: string, language: string, timeZone?: string): string {
	return format(language, {
		year: 'numeric',
		month: 'short',
		day: 'numeric',
		hour: 'numeric',
		minute: '2-digit',
		timeZone,
	}).format(at(iso));
}

/**
 * The line between two days of a conversation: "today" and "yesterday" by name, others with the weekday. `now` is any
 * moment of the present day.
 */
export function formatDay(iso: string, language: string, now: Date, timeZone?: string): string {
	const key = dayKey(iso, timeZone);
	const today = dayKey(now.toISOString(), timeZone);
	const relative = relativeFormat(language, { numeric: 'auto' });
	if (key === today) return capitalise(relative.format(0, 'day'), language);
	if (key === dayBefore(today)) return capitalise(relative.format(-1, 'day'), language);
	return format(language, {
		weekday: 'long',
		year: 'numeric',
		month: 'long',
		day: 'numeric',
		timeZone,
	}).format(at(iso));
}

/**
 * For the list of rooms, where there is little space: time today, then day and month, then the whole date. `now` is any
 * moment of the present day.
 */
export function formatBrief(iso: string, language: string, now: Date, timeZone?: string): string {
	if (dayKey(iso, timeZone) === dayKey(now.toISOString(), timeZone))
		return formatTime(iso, language, timeZone);
	const sameYear = dayKey(iso, timeZone).slice(0, 4) === dayKey(now.toISOString(), timeZone).slice(0, 4);
	return format(language, {
		year: sameYear ? undefined : '2-digit',
		month: 'numeric',
		day: 'numeric',
		timeZone,
	}).format(at(iso));
}

export function formatList(parts: string[], language: string): string {
	return listFormat(language, { type: 'conjunction' }).format(parts);
}

/** By the calendar: 24 hours before the first minutes of a day may be the day before yesterday, where clocks change. */
function dayBefore(key: string): string {
	return new Date(Date.parse(`${key}T00:00:00Z`) - DAY).toISOString().slice(0, 10);
}

function capitalise(text: string, language: string): string {
	return text.charAt(0).toLocaleUpperCase(language) + text.slice(1);
}
