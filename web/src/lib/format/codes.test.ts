import { expect, it } from 'vitest';
import { rustWords } from '../../../scripts/rust-words.js';
import { Problem } from '../api/problem.ts';
import type { Side } from '../api/types.ts';
import { fieldErrorText } from './field-errors.ts';
import { problemText } from './problems.ts';
import { reasonText } from './reasons.ts';

/** Words of another kind. */
const noCodes = ['CARGO_PKG_VERSION', 'CIDR', 'DENY', 'FILE', 'LINE', 'SCREAMING_SNAKE_CASE', 'UTC'];

/** A dialog, a list of reasons, the fields or a line of a report explain these at length. */
const toldElsewhere = [
	'REFUSED',
	'INVALID',
	'CONFIRM_AUDIENCE',
	'IN_SHARED_ROOM',
	'EMOJI_IN_NAME',
	'LINE_IN_NAME',
];

/** For programs and operators: this client does not ask what they answer. */
const neverMet = [
	'CLIENT_ID_REUSED',
	'CROSS_SITE',
	'CURSOR',
	'DIRECT_ROOM',
	'DOMAIN_TAKEN',
	'FRAME',
	'IDEMPOTENCY_KEY_REUSED',
	'LINE_NOT_CONNECTED',
	'MALFORMED_JSON',
	'METHOD_NOT_ALLOWED',
	'NOT_DIRECT',
	'NOT_EXTERNAL',
	'NOT_HERE',
	'NOT_JSON',
	'NOT_REPEATABLE',
	'NOT_THE_PROXY',
	'NULL',
	'ONE_OF',
	'PARAMETER',
	'RETRY_IN_DOUBT',
	'SHAPE',
];

/** By their status alone. */
const byStatus: Record<string, number> = { LINK_BUDGET: 429, RESET_BUDGET: 429, INTERNAL: 500 };

const SERVERS_WORDS = 'What the server says in English';

function isKnown(code: string): boolean {
	const body = { code, detail: SERVERS_WORDS };
	const reason = (side: Side) => ({ code, side, text: SERVERS_WORDS, remedy: '' }) as never;
	return (
		problemText(new Problem(byStatus[code] ?? 409, body)) !== SERVERS_WORDS ||
		fieldErrorText({ pointer: '', code, text: SERVERS_WORDS }) !== SERVERS_WORDS ||
		reasonText(reason('yours')).text !== SERVERS_WORDS ||
		reasonText(reason('theirs')).text !== SERVERS_WORDS
	);
}

it('x_explained_every_code_that_people_meet_has_words_in_their_language', () => {
	const codes = rustWords(
		['app/src', 'domain/src', 'policy/src', 'server/src'],
		/^(?!LIAISON_)(?:[A-Z]{3,}(_[A-Z]+)*|[A-Z]+(_[A-Z]+)+)$/,
	);
	expect(codes).toEqual(expect.arrayContaining(['NO_REQUEST', 'ROLE_REQUIRED', 'NOT_GRANTED', 'TOO_LATE']));
	const excused = new Set([...noCodes, ...toldElsewhere, ...neverMet]);
	expect(codes.filter((code) => !excused.has(code) && !isKnown(code))).toEqual([]);
	// Nothing is excused that is no longer there.
	expect([...excused].filter((code) => !codes.includes(code))).toEqual([]);
	// Planted: a code without words is found.
	expect(isKnown('MOON_LANDED')).toBe(false);
});

it('an ID of another company is told from what is no domain', () => {
	const wrong = (pointer: string) => fieldErrorText({ pointer, code: 'DOMAIN', text: SERVERS_WORDS });
	expect(wrong('/handle')).toContain('your company');
	expect(wrong('/partners/domains/0')).toContain('borealis.example');
});
