import type { Room } from '../api/types.ts';

/** Whether a room's title, a person in it or one of their companies holds what was typed; width and case don't matter. */
export function matchesRoom(room: Room, title: string, query: string, language: string): boolean {
	const plain = (text: string) => text.normalize('NFKC').toLocaleLowerCase(language);
	const wanted = plain(query.trim());
	if (!wanted) return true;
	const others = room.participants.filter((p) => !p.you);
	return [title, ...others.map((p) => p.name), ...others.map((p) => p.companyName)].some((text) =>
		plain(text).includes(wanted),
	);
}
