import type { Participant, Room } from '../api/types.ts';
import { listFormat } from './kept.ts';

/** A letter that nothing joins: most names begin with one, and a segmenter costs a slow phone a tenth of a second. */
const lone = /^(?:[가-힣]|(?!\p{Script=Hangul})\p{L})(?![\p{M}\u200d\u1160-\u11ff])/u;

let segments: Intl.Segmenter | undefined;

function firstLetter(word: string): string {
	const letter = lone.exec(word)?.[0];
	if (letter !== undefined) return letter;
	segments ??= new Intl.Segmenter(undefined, { granularity: 'grapheme' });
	return [...segments.segment(word)][0]?.segment ?? '';
}

/** Two letters for names written with spaces in an alphabet; one character for names in Han, kana or Hangul. */
export function initials(name: string): string {
	const words = name.trim().split(/\s+/).filter(Boolean);
	const first = words[0] ?? '';
	const letter = firstLetter(first);
	if (!letter) return '?';
	if (/\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana}|\p{Script=Hangul}/u.test(letter)) return letter;
	const last = words.length > 1 ? firstLetter(words.at(-1) ?? '') : '';
	return (letter + last).toLocaleUpperCase();
}

export function presentOthers(room: Room): Participant[] {
	return room.participants.filter((p) => !p.you);
}

/** Those of a direct room stay named after they have gone. */
export function counterpart(room: Room): Participant | null {
	return room.kind === 'direct' ? (room.participants.find((p) => !p.you) ?? null) : null;
}

export function roomTitle(room: Room, language: string, emptyTitle: string): string {
	if (room.name) return room.name;
	const others = presentOthers(room);
	if (others.length === 0) return emptyTitle;
	return listFormat(language, { type: 'unit', style: 'narrow' }).format(others.map((p) => p.name));
}

export interface Outsiders {
	count: number;
	companies: string[];
	people: Participant[];
}

/** Who outside my company reads what I write here. */
export function outsiders(room: Room): Outsiders {
	const people = room.participants.filter((p) => p.outside && p.state === 'active');
	return { count: people.length, companies: [...new Set(people.map((p) => p.companyName))], people };
}

export function otherCompanies(room: Room): string[] {
	return room.companies.filter((c) => !c.yours).map((c) => c.name);
}

/** Names that occur more than once among these people, to tell them apart by more than the name. */
export function sharedNames(people: { name: string }[]): Set<string> {
	const seen = new Set<string>();
	const twice = new Set<string>();
	for (const { name } of people) (seen.has(name) ? twice : seen).add(name);
	return twice;
}

/** Which of `count` tints stands behind a person's initials: always the same for one name. */
export function tintOf(name: string, count: number): number {
	let sum = 0;
	for (const letter of name) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) % 9973;
	return sum % count;
}

/** Two people who stand for a group in small: an outsider among them where there is one. */
export function faces(room: Room): { name: string; photoUrl: string | null; outside: boolean }[] {
	const others = presentOthers(room);
	const inside = others.filter((p) => !p.outside);
	const outside = others.filter((p) => p.outside);
	const chosen = outside.length > 0 ? [inside[0] ?? outside[1], outside[0]] : inside.slice(0, 2);
	return chosen
		.filter((p) => p !== undefined)
		.map(({ name, photoUrl, outside }) => ({ name, photoUrl: photoUrl ?? null, outside }));
}
