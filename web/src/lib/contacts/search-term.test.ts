import { describe, expect, it } from 'vitest';
import { countryName, readSearchTerm } from './search-term.ts';

describe('what is typed into the search', () => {
	it.each([
		['leo@borealis.example', 'handle'],
		['leo', 'handle'],
		['1234@borealis.example', 'handle'],
		['090-1234-5678', 'national'],
		['０９０ー１２３４ー５６７８', 'national'],
		['(416) 555-0104', 'national'],
		['+1 416 555 0104', 'international'],
		['＋８１ 90 1234 5678', 'international'],
		['+81 (0)90-1234-5678', 'international'],
	])('%s is %s', (typed, kind) => {
		const term = readSearchTerm(`  ${typed} `);
		expect(term?.text).toBe(typed);
		expect(term?.kind === 'phone' ? (term.national ? 'national' : 'international') : term?.kind).toBe(kind);
	});

	it('is nothing where nothing is typed', () => {
		expect(readSearchTerm('   ')).toBeNull();
	});

	it('names countries in the language of the screens', () => {
		expect(countryName('JP', 'en')).toBe('Japan');
		expect(countryName('??', 'en')).toBe('??');
	});
});
