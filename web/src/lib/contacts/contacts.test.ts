import { describe, expect, it } from 'vitest';
import { participant, room } from '../realtime/fixtures.ts';
import { differences, firstChoice, merge } from './conflict.ts';
import { addressLines, dayText, fieldLines } from './contact-text.ts';
import { contact, email } from './fixtures.ts';
import {
	bodyOf,
	draftOf,
	emptyDraft,
	emptyRow,
	hasChanges,
	isEmptyDraft,
	patchOf,
	placeErrors,
} from './form.ts';
import { roomsThatFreeze } from './freezing.ts';
import { addTag } from './tags.ts';

const outsider = (change = {}) => contact({ kind: 'partner', name: 'Leo', nameSynced: true, ...change });

describe('b12 the form', () => {
	it('b12_a_form_that_was_only_opened_changes_nothing', () => {
		const full = contact({
			emails: [email('leo@borealis.example', true)],
			addresses: [
				{
					type: 'work',
					country: 'CA',
					postalCode: '',
					region: '',
					locality: 'Toronto',
					street: '',
					primary: false,
				},
			],
			dates: [{ type: 'birthday', value: '1990-02-03' }],
			customFields: [{ name: 'Dock', value: '4' }],
			memo: 'Mornings',
			tags: ['Rail'],
		});
		expect(patchOf(full, draftOf(full))).toEqual({});
	});

	it('b12_only_the_fields_that_changed_are_sent_and_empty_rows_are_none', () => {
		const before = contact({ emails: [email('a@b.example')], memo: 'old' });
		const draft = draftOf(before);
		draft.rows.emails.push(emptyRow('emails'));
		draft.rows.phones.push(emptyRow('phones'));
		expect(patchOf(before, draft)).toEqual({});
		draft.memo = '  ';
		draft.rows.phones[0]!.texts.value = ' +81 3 5555 0101 ';
		expect(patchOf(before, draft)).toEqual({
			memo: null,
			phones: [{ type: 'mobile', value: '+81 3 5555 0101', primary: false }],
		});
	});

	it('b12_nickname_and_company_of_an_outsider_are_never_sent', () => {
		const draft = draftOf(outsider());
		draft.nickname = 'Other';
		draft.companyName = 'Elsewhere';
		expect(patchOf(outsider(), draft)).toEqual({});
	});

	it('b12_a_name_follows_the_other_side_until_another_is_given_and_again_when_asked', () => {
		const draft = draftOf(outsider());
		draft.nameFollows = false;
		expect(hasChanges(patchOf(outsider(), draft))).toBe(false);
		draft.name = 'Leo of the rail desk';
		expect(patchOf(outsider(), draft)).toEqual({ name: 'Leo of the rail desk' });

		const renamed = outsider({ name: 'Leo of the rail desk', nameSynced: false });
		const back = { ...draftOf(renamed), name: 'Leo', nameFollows: true };
		expect(patchOf(renamed, back)).toEqual({ name: null });
	});

	it('b12_what_the_server_refuses_is_shown_at_the_row_it_was_sent_from', () => {
		const draft = emptyDraft();
		draft.rows.emails = [emptyRow('emails'), emptyRow('emails'), emptyRow('emails')];
		draft.rows.emails[0]!.texts.value = 'a@b.example';
		draft.rows.emails[2]!.texts.value = 'wrong';
		const wrong = { pointer: '/emails/1/value', code: 'EMAIL', text: '' };
		const name = { pointer: '/name', code: 'TEXT', text: '' };
		const many = { pointer: '/phones', code: 'TOO_MANY', text: '' };
		const tag = { pointer: '/tags/0', code: 'TEXT', text: '' };
		const places = placeErrors(draft, [wrong, name, many, tag]);
		expect([...places.keys()]).toEqual([
			`emails:${draft.rows.emails[2]!.key}:value`,
			'name',
			'phones',
			'tags',
		]);
	});

	it('b12_a_new_contact_sends_what_was_filled_in', () => {
		const draft = emptyDraft();
		expect(isEmptyDraft(draft)).toBe(true);
		draft.name = ' Rosa ';
		draft.tags = ['Rail'];
		expect(isEmptyDraft(draft)).toBe(false);
		expect(bodyOf(draft)).toEqual({ name: 'Rosa', tags: ['Rail'] });
	});

	it('b10_a_tag_is_added_once_whatever_its_letters', () => {
		expect(addTag(['VIP'], 'ｖｉｐ')).toEqual(['VIP']);
		expect(addTag([], ' Tea , 窯元、 ')).toEqual(['Tea', '窯元']);
	});
});

describe('b15 a colleague saved in between', () => {
	const before = contact({ memo: 'old', tags: ['Rail'], emails: [email('a@b.example')] });
	const now = contact({ memo: 'theirs', tags: ['Rail', 'VIP'], emails: [email('a@b.example')], version: 2 });

	it('b15_only_fields_that_differ_are_compared_and_it_is_told_who_changed_them', () => {
		const draft = draftOf(before);
		draft.memo = 'mine';
		draft.rows.emails[0]!.texts.value = 'c@d.example';
		expect(differences(before, draft, now)).toMatchObject([
			{ field: 'emails', changedBy: 'mine' },
			{ field: 'tags', mine: ['Rail'], theirs: ['Rail', 'VIP'], changedBy: 'theirs' },
			{ field: 'memo', mine: 'mine', theirs: 'theirs', changedBy: 'both' },
		]);
	});

	it('b15_the_merged_form_sends_only_what_i_kept_of_mine', () => {
		const draft = draftOf(before);
		draft.memo = 'mine';
		draft.rows.emails[0]!.texts.value = 'c@d.example';
		const found = differences(before, draft, now);
		const first = new Map(found.map((d) => [d.field, firstChoice(d)]));
		const kept = merge(draft, now, found, (field) => first.get(field)!);
		expect(patchOf(now, kept)).toEqual({
			memo: 'mine',
			emails: [{ type: 'work', value: 'c@d.example', primary: false }],
		});
		expect(
			patchOf(
				now,
				merge(draft, now, found, () => 'theirs'),
			),
		).toEqual({});
	});

	it('b15_the_same_written_by_both_is_no_difference', () => {
		const draft = draftOf(before);
		draft.memo = 'theirs';
		draft.tags = ['Rail', 'VIP'];
		expect(differences(before, draft, now)).toEqual([]);
	});
});

describe('b16 before deleting', () => {
	const person = (id: string, company: string, change = {}) =>
		participant(id, { companyId: company, ...change });
	const me = person('member_me', 'company_1', { you: true });
	const colleague = person('member_colleague', 'company_1');
	const leo = person('member_leo', 'company_2', { outside: true });

	it('b16_counts_our_room_and_groups_in_which_i_am_alone_of_my_company', () => {
		const rooms = [
			room({ id: 'room_direct', kind: 'direct', participants: [me, leo] }),
			room({ id: 'room_alone', kind: 'group', participants: [me, leo] }),
			room({ id: 'room_three', kind: 'group', participants: [me, colleague, leo] }),
			room({ id: 'room_other', kind: 'group', participants: [me, colleague] }),
		];
		expect(roomsThatFreeze(rooms, 'member_leo').map((r) => r.id)).toEqual(['room_direct', 'room_alone']);
	});

	it('b16_who_is_paused_in_a_room_is_still_in_it_as_the_server_counts', () => {
		const rest = person('member_rest', 'company_1', { state: 'paused' });
		const away = { ...leo, state: 'paused' as const };
		const { since, reasons } = room().state;
		const rooms = [
			room({ id: 'room_rest', kind: 'group', participants: [me, rest, leo] }),
			room({ id: 'room_away', kind: 'group', participants: [me, away] }),
			room({
				id: 'room_mine',
				kind: 'group',
				state: { status: 'paused', since, reasons },
				participants: [me, leo],
			}),
			room({
				id: 'room_ice',
				kind: 'group',
				state: { status: 'frozen', since, reasons },
				participants: [me, leo],
			}),
		];
		expect(roomsThatFreeze(rooms, 'member_leo').map((r) => r.id)).toEqual(['room_away', 'room_mine']);
	});
});

describe('b12 values in words', () => {
	it('b12_addresses_are_written_as_their_readers_write_them', () => {
		const address = {
			type: 'work',
			country: '日本',
			postalCode: '220-0012',
			region: '神奈川県',
			locality: '横浜市',
			street: '1-1',
			primary: false,
		};
		expect(addressLines(address, 'ja')).toEqual(['日本', '220-0012', '神奈川県 横浜市 1-1']);
		expect(addressLines(address, 'en')).toEqual(['1-1', '横浜市 神奈川県 220-0012', '日本']);
	});

	it('b12_a_day_is_the_same_in_every_time_zone', () => {
		expect(dayText('2026-11-05', 'en-GB')).toBe('5 November 2026');
		expect(dayText('soon', 'en')).toBe('soon');
	});

	it('b15_a_value_is_compared_with_its_kind', () => {
		expect(fieldLines('emails', [email('a@b.example', true)], 'en')).toEqual(['a@b.example (Work, Primary)']);
		expect(fieldLines('memo', null, 'en')).toEqual([]);
	});
});
