import { describe, expect, it } from 'vitest';
import { formatDate, formatTime, showTimesIn } from './time.ts';
import {
	allZones,
	findZones,
	isZone,
	offsetAt,
	offsetText,
	placeOf,
	startOfDayIn,
	zoneName,
} from './zones.ts';

const winter = Date.UTC(2026, 0, 15);
const summer = Date.UTC(2026, 6, 15);

describe('time zones', () => {
	it('know how far ahead of UTC they are, in summer too', () => {
		expect(offsetAt('Asia/Tokyo', winter)).toBe(540);
		expect(offsetAt('America/New_York', winter)).toBe(-300);
		expect(offsetAt('America/New_York', summer)).toBe(-240);
		expect(offsetAt('Asia/Kolkata', winter)).toBe(330);
		expect(offsetAt('UTC', winter)).toBe(0);
		expect(offsetText(330)).toBe('UTC+05:30');
		expect(offsetText(-210)).toBe('UTC−03:30');
		expect(offsetText(0)).toBe('UTC+00:00');
	});

	it('have a place, and a name in every language', () => {
		expect(placeOf('America/Argentina/Buenos_Aires')).toBe('Buenos Aires');
		expect(zoneName('Asia/Tokyo', 'ja', winter)).toContain('日本');
		expect(zoneName('Asia/Seoul', 'ko', winter)).toMatch(/한국|대한민국/);
		expect(isZone('Asia/Tokyo')).toBe(true);
		expect(isZone('Mars/Olympus_Mons')).toBe(false);
	});

	it('are found by place, by name in the language at hand, and by offset', () => {
		const zones = allZones('ja', winter);
		const ids = (search: string) => findZones(zones, search).flatMap((group) => group.zones.map((z) => z.id));
		expect(ids('tokyo')).toEqual(['Asia/Tokyo']);
		expect(ids('日本')).toContain('Asia/Tokyo');
		expect(ids('new york')).toContain('America/New_York');
		expect(ids('New_York')).toContain('America/New_York');
		expect(ids('+09:00')).toEqual(expect.arrayContaining(['Asia/Tokyo', 'Asia/Seoul']));
		expect(ids('kolkata')).toEqual(['Asia/Kolkata']);
		expect(ids('atlantis')).toEqual([]);
		expect(ids('')).toContain('UTC');
	});

	it('stand in groups from west to east', () => {
		const groups = findZones(allZones('en', winter), '');
		const offsets = groups.map((group) => group.offset);
		expect(offsets).toEqual([...offsets].sort((a, b) => a - b));
		expect(new Set(offsets).size).toBe(offsets.length);
		expect(groups.find((group) => group.offset === 540)?.zones.map((z) => z.place)).toContain('Seoul');
	});

	it('keep one that only the server knows out, and one given besides in', () => {
		const zones = allZones('en', winter, ['Etc/GMT+5', 'Mars/Olympus_Mons']);
		expect(zones.map((z) => z.id)).toContain('Etc/GMT+5');
		expect(zones.map((z) => z.id)).not.toContain('Mars/Olympus_Mons');
	});
});

describe('days', () => {
	it('begin at local midnight', () => {
		expect(startOfDayIn('Asia/Tokyo', '2026-03-31').toISOString()).toBe('2026-03-30T15:00:00.000Z');
		expect(startOfDayIn('Asia/Tokyo', '2026-03-31', 1).toISOString()).toBe('2026-03-31T15:00:00.000Z');
		expect(startOfDayIn('America/New_York', '2026-12-31', 1).toISOString()).toBe('2027-01-01T05:00:00.000Z');
		expect(startOfDayIn('Pacific/Kiritimati', '2026-06-01').toISOString()).toBe('2026-05-31T10:00:00.000Z');
	});

	it('are 23 or 25 hours long where clocks change', () => {
		const hours = (zone: string, date: string) =>
			(startOfDayIn(zone, date, 1).getTime() - startOfDayIn(zone, date).getTime()) / 3_600_000;
		expect(hours('America/New_York', '2026-03-08')).toBe(23);
		expect(hours('America/New_York', '2026-11-01')).toBe(25);
		expect(hours('Asia/Seoul', '2026-03-08')).toBe(24);
	});

	it('begin after an hour that is left out at midnight, and with the first of two', () => {
		// Chile puts its clocks forward at midnight: the day begins at one.
		expect(startOfDayIn('America/Santiago', '2026-09-06').toISOString()).toBe('2026-09-06T04:00:00.000Z');
		// Cuba puts them back at one: midnight comes twice.
		expect(startOfDayIn('America/Havana', '2026-11-01').toISOString()).toBe('2026-11-01T04:00:00.000Z');
	});
});

describe('times', () => {
	it('are shown in the zone of whoever reads', () => {
		showTimesIn(() => 'Asia/Seoul');
		expect(formatDate('2026-03-05T20:00:00Z', 'en')).toBe('Mar 6, 2026');
		showTimesIn(() => 'America/Los_Angeles');
		expect(formatDate('2026-03-05T20:00:00Z', 'en')).toBe('Mar 5, 2026');
		expect(formatTime('2026-03-05T20:00:00Z', 'en')).toMatch(/12:00/);
		expect(formatDate('2026-03-05T20:00:00Z', 'en', 'Asia/Seoul')).toBe('Mar 6, 2026');
	});
});
