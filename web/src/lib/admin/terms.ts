import { startOfDayIn } from '#lib/format/zones.ts';

/**
 * A term ends at an instant that no longer belongs to it. People pick and read the last day instead: the picked date
 * ends at the midnight after it, in the company's time zone.
 */
export function endOfDay(date: string, zone: string): string {
	return startOfDayIn(zone, date, 1).toISOString();
}

export function lastDay(endsAt: string): string {
	return new Date(Date.parse(endsAt) - 1).toISOString();
}
