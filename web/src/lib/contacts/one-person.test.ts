import { describe, expect, it } from 'vitest';
import type { Contact } from '../api/types.ts';
import { contact } from './fixtures.ts';
import { onePersonEach, relationCount } from './one-person.ts';

const ME = 'member_me';
const entry = (id: string, ownerId: string, samePersonIds: string[] = [], change = {}): Contact =>
	contact({ id, kind: 'partner', owner: { id: ownerId, name: ownerId }, samePersonIds, ...change });
const shown = (...list: Contact[]) => onePersonEach(list, ME).map((c) => c.id);

describe('b14 one person, several relations', () => {
	const mine = entry('leo_mine', ME, ['leo_kenji', 'leo_yui']);
	const kenjis = entry('leo_kenji', 'kenji', ['leo_mine', 'leo_yui']);
	const yuis = entry('leo_yui', 'yui', ['leo_mine', 'leo_kenji']);
	const rosa = entry('rosa', 'kenji');

	it('b14_my_entry_is_the_row_wherever_it_stands', () => {
		expect(shown(kenjis, rosa, mine, yuis)).toEqual(['rosa', 'leo_mine']);
		expect(shown(mine, kenjis, rosa, yuis)).toEqual(['leo_mine', 'rosa']);
	});

	it('b14_without_mine_the_first_of_the_list_is', () => {
		expect(shown(yuis, rosa, kenjis)).toEqual(['leo_yui', 'rosa']);
		expect(shown(rosa, kenjis, yuis)).toEqual(['rosa', 'leo_kenji']);
	});

	it('b14_a_later_page_adds_no_second_row_and_may_bring_mine', () => {
		const first = [yuis, rosa];
		const second = [kenjis, entry('sam', ME)];
		expect(shown(...first, ...second)).toEqual(['leo_yui', 'rosa', 'sam']);
		expect(shown(...first, ...second, mine)).toEqual(['rosa', 'sam', 'leo_mine']);
	});

	it('b14_entries_that_were_fetched_before_the_other_was_added_belong_together_as_well', () => {
		const old = entry('leo_kenji', 'kenji');
		const fresh = entry('leo_mine', ME, ['leo_kenji']);
		expect(shown(old, fresh)).toEqual(['leo_mine']);
		expect(shown(fresh, old)).toEqual(['leo_mine']);
	});

	it('b17_in_the_trash_each_has_its_row', () => {
		const trashed = (c: Contact): Contact => ({ ...c, state: 'trashed' });
		expect(shown(trashed(mine), trashed(kenjis))).toEqual(['leo_mine', 'leo_kenji']);
		expect(shown(trashed(mine), kenjis, yuis)).toEqual(['leo_mine', 'leo_kenji']);
		expect([relationCount(mine), relationCount(rosa), relationCount(trashed(mine))]).toEqual([3, 1, 1]);
	});

	it('b10_ten_thousand_entries_are_gone_through_once', () => {
		let read = 0;
		const pairs = Array.from({ length: 10_000 }, (_, i) => {
			const owner = i % 2 ? ME : 'kenji';
			const same = [`c${i ^ 1}`];
			return Object.defineProperty(entry(`c${i}`, owner), 'samePersonIds', {
				get: () => ((read += 1), same),
			});
		});
		expect(onePersonEach(pairs, ME)).toHaveLength(5_000);
		expect(read).toBeLessThanOrEqual(2 * pairs.length);
	});
});
