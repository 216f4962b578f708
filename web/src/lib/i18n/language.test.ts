import { expect, it } from 'vitest';
import { chooseLanguage } from './language.ts';

it('the kept language comes before the browser, and English comes last', () => {
	expect(chooseLanguage('ko', ['ja-JP', 'en'])).toBe('ko');
	expect(chooseLanguage('xx', ['fr', 'ja-JP', 'ko'])).toBe('ja');
	expect(chooseLanguage(null, ['fr-FR'])).toBe('en');
	expect(chooseLanguage(null, [])).toBe('en');
});
