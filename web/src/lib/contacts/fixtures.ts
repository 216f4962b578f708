import type { Contact } from '#lib/api/types.ts';

/** A contact of a test; what is given replaces what is usual. */
export const contact = (change: Partial<Contact> = {}): Contact => ({
	id: 'contact_1',
	kind: 'plain',
	name: 'Leo Tremblay',
	nickname: 'Leo',
	companyName: 'Borealis Logistics',
	emails: [],
	phones: [],
	organisations: [],
	addresses: [],
	dates: [],
	websites: [],
	memo: null,
	tags: [],
	customFields: [],
	photoUrl: null,
	ownPhoto: false,
	owner: { id: 'member_1', name: 'Mina Sato' },
	visibility: { range: 'owner', memberIds: [], teamIds: [] },
	colleaguesMayEdit: false,
	mayEdit: true,
	mayManage: true,
	link: null,
	nameSynced: false,
	samePersonIds: [],
	state: 'active',
	roomId: null,
	addedAt: '2026-11-02T09:00:00.000Z',
	version: 1,
	...change,
});

export const email = (value: string, primary = false) => ({ type: 'work', value, primary });
