const folded = (tag: string) => tag.normalize('NFKC').toLocaleLowerCase();

/** With one more tag, unless it is empty or there already in other letters. Commas part several. */
export function addTag(tags: string[], text: string): string[] {
	const next = [...tags];
	for (const tag of text.split(/[,、，]/).map((part) => part.trim())) {
		if (tag && !next.some((held) => folded(held) === folded(tag))) next.push(tag);
	}
	return next;
}
