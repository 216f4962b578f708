export function distanceToBottom(
	scroller: Pick<HTMLElement, 'scrollHeight' | 'clientHeight' | 'scrollTop'>,
): number {
	return scroller.scrollHeight - scroller.clientHeight - scroller.scrollTop;
}

interface Row {
	key: string;
}

/** Whether rows were added or cut off at the start while the end stayed as it was. */
export function grewAtStart(before: readonly Row[], now: readonly Row[]): boolean {
	const first = before[0];
	if (!first || now.length === 0 || before.length === now.length) return false;
	return first.key !== now[0]?.key && before.at(-1)?.key === now.at(-1)?.key;
}
