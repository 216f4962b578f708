export interface TextPart {
	text: string;
	href: string | null;
}

const ADDRESS = /https?:\/\/[^\s<>"「」『』、。]+/g;

/** Splits text at web addresses. A full stop or bracket that ends the sentence does not belong to the address. */
export function splitLinks(text: string): TextPart[] {
	const parts: TextPart[] = [];
	let from = 0;
	for (const match of text.matchAll(ADDRESS)) {
		let address = match[0].replace(/[.,;:!?'")\]]+$/, '');
		if (address.includes('(') && match[0].startsWith(`${address})`)) address += ')';
		if (match.index > from) parts.push({ text: text.slice(from, match.index), href: null });
		parts.push({ text: address, href: address });
		from = match.index + address.length;
	}
	if (from < text.length) parts.push({ text: text.slice(from), href: null });
	return parts;
}
