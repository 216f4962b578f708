/** Someone who can be brought into a room. */
export interface Choice {
	kind: 'member' | 'contact';
	id: string;
	name: string;
	/** Job title of a colleague, company of an outsider. */
	detail: string;
	photoUrl?: string | null;
	companyName: string | null;
}

export const choiceKey = (choice: Choice) => `${choice.kind}:${choice.id}`;

export function toRequest(chosen: Choice[]): { memberIds?: string[]; contactIds?: string[] } {
	const memberIds = chosen.filter((c) => c.kind === 'member').map((c) => c.id);
	const contactIds = chosen.filter((c) => c.kind === 'contact').map((c) => c.id);
	return {
		...(memberIds.length > 0 ? { memberIds } : {}),
		...(contactIds.length > 0 ? { contactIds } : {}),
	};
}

export const outsidersOf = (chosen: Choice[]) => chosen.filter((c) => c.kind === 'contact');
