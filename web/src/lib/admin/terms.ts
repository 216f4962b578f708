/**
 * A term ends at an instant that no longer belongs to it. People pick and read the last day instead: the picked date
 * ends at local midnight after it.
 */
export function endOfDay(date: string): string {
	const [year = 1970, month = 1, day = 1] = date.split('-').map(Number);
	return new Date(year, month - 1, day + 1).toISOString();
}

export function startOfDay(date: string): string {
	const [year = 1970, month = 1, day = 1] = date.split('-').map(Number);
	return new Date(year, month - 1, day).toISOString();
}

export function lastDay(endsAt: string): string {
	return new Date(Date.parse(endsAt) - 1).toISOString();
}
