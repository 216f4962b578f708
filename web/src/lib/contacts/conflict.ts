/** Somebody saved while I was editing: field by field, mine against theirs. */
import type { Contact } from '#lib/api/types.ts';
import { draftOf, editable, isSame, valueIn, type Draft, type Field } from './form.ts';

export type Side = 'mine' | 'theirs';

export interface Difference {
	field: Field;
	mine: unknown;
	theirs: unknown;
	/** Who changed it since I began; where both did, somebody's words are lost whichever is chosen. */
	changedBy: Side | 'both';
}

/** The fields in which my draft and the contact as it is now differ. `before` is what I began with. */
export function differences(before: Contact, draft: Draft, now: Contact): Difference[] {
	const [began, current] = [draftOf(before), draftOf(now)];
	const found: Difference[] = [];
	for (const field of editable(now)) {
		const [was, mine, theirs] = [valueIn(began, field), valueIn(draft, field), valueIn(current, field)];
		if (isSame(mine, theirs)) continue;
		const changedBy = isSame(mine, was) ? 'theirs' : isSame(theirs, was) ? 'mine' : 'both';
		found.push({ field, mine, theirs, changedBy });
	}
	return found;
}

/** What one alone changed is theirs to have changed; where both did, mine is what I just wrote. */
export const firstChoice = ({ changedBy }: Difference): Side => (changedBy === 'theirs' ? 'theirs' : 'mine');

/** My draft on top of the contact as it is now, with their side of what was chosen so. */
export function merge(
	draft: Draft,
	now: Contact,
	found: Difference[],
	chosen: (field: Field) => Side,
): Draft {
	const current = draftOf(now);
	const mine = new Set(found.filter(({ field }) => chosen(field) === 'mine').map(({ field }) => field));
	const merged: Draft = { ...current, rows: { ...current.rows } };
	if (mine.has('name')) {
		merged.name = draft.name;
		merged.nameFollows = draft.nameFollows;
	}
	if (mine.has('nickname')) merged.nickname = draft.nickname;
	if (mine.has('companyName')) merged.companyName = draft.companyName;
	if (mine.has('memo')) merged.memo = draft.memo;
	if (mine.has('tags')) merged.tags = [...draft.tags];
	for (const field of Object.keys(merged.rows) as (keyof Draft['rows'])[]) {
		if (mine.has(field)) merged.rows[field] = draft.rows[field];
	}
	return merged;
}
