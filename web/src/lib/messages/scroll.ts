/** Keeps what one reads in place while messages are added above it or cut off around it. */
export interface Anchor {
	seq: string;
	offset: number;
}

export function distanceToBottom(scroller: HTMLElement): number {
	return scroller.scrollHeight - scroller.clientHeight - scroller.scrollTop;
}

/** The first message in view and how far below the upper edge it stands. */
export function takeAnchor(scroller: HTMLElement): Anchor | null {
	const top = scroller.getBoundingClientRect().top;
	for (const row of scroller.querySelectorAll<HTMLElement>('[data-seq]')) {
		const box = row.getBoundingClientRect();
		if (box.bottom > top) return { seq: row.dataset.seq ?? '', offset: box.top - top };
	}
	return null;
}

export function holdAnchor(scroller: HTMLElement, anchor: Anchor): void {
	const row = scroller.querySelector<HTMLElement>(`[data-seq="${CSS.escape(anchor.seq)}"]`);
	if (!row) return;
	const offset = row.getBoundingClientRect().top - scroller.getBoundingClientRect().top;
	scroller.scrollTop += offset - anchor.offset;
}
