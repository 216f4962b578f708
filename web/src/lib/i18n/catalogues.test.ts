import { expect, it } from 'vitest';
import { findFaults, readCatalogues } from '../../../scripts/i18n-check.js';

it('every message exists in every language with the same parameters and is used', () => {
	expect(findFaults()).toEqual([]);
});

it('the check finds missing and differing messages', () => {
	const [en, ja, ko] = [{ a: '{x}', b: 'b' }, { a: '{y}', b: 'b' }, { a: '{x}' }];
	const faults = findFaults({ en, ja, ko } as unknown as ReturnType<typeof readCatalogues>);
	expect(faults.join('\n')).toContain('b: missing in ko');
	expect(faults.join('\n')).toContain('a: ja has parameters (y), en has (x)');
});
