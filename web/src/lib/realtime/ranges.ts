import type { Range } from '../api/types.ts';

export function inRanges(ranges: Range[], seq: number): boolean {
	return ranges.some((range) => seq >= range.from && seq <= (range.to ?? seq));
}

/** How many of the numbers strictly between `after` and `before` the viewer may see. */
export function visibleBetween(ranges: Range[], after: number, before: number): number {
	let count = 0;
	for (const range of ranges) {
		const from = Math.max(range.from, after + 1);
		const to = Math.min(range.to ?? before - 1, before - 1);
		if (to >= from) count += to - from + 1;
	}
	return count;
}

/** True when part of the conversation between two neighbouring messages is closed to the viewer. */
export function hasGap(ranges: Range[], earlier: number, later: number): boolean {
	if (later <= earlier + 1) return false;
	return visibleBetween(ranges, earlier, later) < later - earlier - 1;
}
