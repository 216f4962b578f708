import { describe, expect, it } from 'vitest';
import { room } from '../realtime/fixtures.ts';
import { asksMe, mayWaitForYes } from './requests.ts';

const reason = (code: 'REQUEST_PENDING' | 'OTHER_SIDE' | 'NOT_GRANTED', side: 'yours' | 'theirs') => ({
	code,
	side,
	text: '',
	remedy: '',
});
const closed = (...reasons: ReturnType<typeof reason>[]) =>
	room({
		state: { status: 'frozen', since: '2026-01-10T09:00:00.000Z', reasons },
		contact: { saved: true, contactId: 'contact_1', blockId: null },
		lastSeq: 1,
	});

describe('a first contact', () => {
	it('waits for me until I answer or block', () => {
		const asked = closed(reason('REQUEST_PENDING', 'yours'), reason('NOT_GRANTED', 'yours'));
		expect(asksMe(asked)).toBe(true);
		expect(asksMe({ ...asked, contact: { saved: false, contactId: null, blockId: 'block_1' } })).toBe(false);
		expect(asksMe(closed(reason('OTHER_SIDE', 'theirs')))).toBe(false);
	});

	it('that I began may wait for the other side, as long as nothing was said', () => {
		const waiting = closed(reason('OTHER_SIDE', 'theirs'));
		expect(mayWaitForYes(waiting)).toBe(true);
		expect(mayWaitForYes({ ...waiting, lastSeq: 2 })).toBe(false);
		expect(mayWaitForYes({ ...waiting, contact: { saved: false, contactId: null, blockId: null } })).toBe(
			false,
		);
		expect(mayWaitForYes(closed(reason('OTHER_SIDE', 'theirs'), reason('NOT_GRANTED', 'yours')))).toBe(false);
	});
});
