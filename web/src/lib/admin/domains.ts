export interface ParsedDomains {
	domains: string[];
	/** What stands in the list and is no domain. */
	wrong: string[];
}

const DOMAIN = /^[\p{L}\p{N}]([\p{L}\p{N}-]*[\p{L}\p{N}])?(\.[\p{L}\p{N}]([\p{L}\p{N}-]*[\p{L}\p{N}])?)+$/u;

/** One per line; commas and spaces between them are fine too, since lists are pasted from everywhere. */
export function parseDomains(text: string): ParsedDomains {
	const words = text
		.split(/[\s,;、，]+/)
		.map((word) => word.trim().toLowerCase().replace(/^@/, '').replace(/\.$/, ''))
		.filter(Boolean);
	const unique = [...new Set(words)];
	return {
		domains: unique.filter((word) => DOMAIN.test(word)),
		wrong: unique.filter((word) => !DOMAIN.test(word)),
	};
}
