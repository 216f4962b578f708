import { expect, test } from 'vitest';
import { fit } from './business-card.ts';
import { nameOf } from './invitation-text.ts';
import { cameraProblem } from './scanner.ts';

/** As if every letter were as wide as it is tall. */
const measure = (text: string, size: number) => Array.from(text).length * size;

test('b6 a name gets the largest letters it has room for, and is cut only when the smallest are too large', () => {
	expect(fit(measure, '佐藤 美奈', 500, 60, 30)).toEqual({ text: '佐藤 美奈', size: 60 });
	expect(fit(measure, 'カナダ・ブリティッシュ', 500, 60, 30)).toEqual({
		text: 'カナダ・ブリティッシュ',
		size: 44,
	});
	const cut = fit(measure, '👩‍💻'.repeat(20), 300, 60, 30);
	expect(cut.size).toBe(30);
	expect(cut.text.endsWith('…')).toBe(true);
	expect(measure(cut.text, 30)).toBeLessThanOrEqual(300);
});

test('l3 an invitation is called by its purpose', () => {
	expect(nameOf({ kind: 'invitation', purpose: 'Spring fair' })).toBe('Spring fair');
	expect(nameOf({ kind: 'invitation', purpose: null })).toBe('Invitation');
	expect(nameOf({ kind: 'card', purpose: null })).toBe('Former card');
});

test('b5 a camera that is forbidden is told from one that is not there', () => {
	expect(cameraProblem(new DOMException('', 'NotAllowedError'))).toBe('refused');
	expect(cameraProblem(new DOMException('', 'NotFoundError'))).toBe('none');
	expect(cameraProblem(new Error('anything'))).toBe('none');
});
