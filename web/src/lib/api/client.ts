import type { paths } from './schema.ts';
import { Transport } from './transport.ts';
import type * as t from './types.ts';

export type Api = ReturnType<typeof createApi>;

type Query<P extends keyof paths> = paths[P] extends { get: { parameters: { query?: infer Q } } }
	? NonNullable<Q>
	: never;

/** The whole server as the client sees it. Every request of the client starts here. */
export function createApi(http: Transport = new Transport()) {
	const { GET, POST, PUT, PATCH, DELETE } = http.client;
	const id = (value: string) => ({ params: { path: { id: value } } });
	// A picture is the body itself. The description knows bytes only as a list of numbers.
	const picture = (file: File) => ({
		body: file as never,
		bodySerializer: (body: unknown) => body as File,
		headers: { 'Content-Type': file.type || 'application/octet-stream' },
	});
	const ifMatch = (version: number) => ({ 'If-Match': `"${version}"` });
	return {
		http,
		server: () => http.data(GET('/server')),
		session: {
			signIn: (handle: string, password: string) =>
				http.data(POST('/sessions', { body: { handle, password } })),
			signOut: () => http.data(DELETE('/sessions/current')),
		},
		passwords: {
			requestLink: (handle: string) => http.data(POST('/password-resets', { body: { handle } })),
			readLink: (secret: string) => http.data(POST('/password-resets/link', { body: { secret } })),
			setByLink: (secret: string, password: string) =>
				http.data(POST('/password-resets/password', { body: { secret, password } })),
		},
		tokens: {
			list: () => http.data(GET('/tokens')),
			revoke: (token: string) => http.data(DELETE('/tokens/{id}', id(token))),
		},
		me: {
			get: () => http.data(GET('/me')),
			update: (body: t.MePatch) => http.data(PATCH('/me', { body })),
			setPhoto: (file: File) => http.data(PUT('/me/photo', picture(file))),
			removePhoto: () => http.data(DELETE('/me/photo')),
			changePassword: (currentPassword: string, newPassword: string) =>
				http.data(POST('/me/password', { body: { currentPassword, newPassword } })),
			changePhone: (phone: string) => http.data(PUT('/me/phone', { body: { phone } })),
			verifyPhone: (code: string) => http.data(POST('/me/phone/verify', { body: { code } })),
			removePhone: () => http.data(DELETE('/me/phone')),
			phoneFinds: (query: Query<'/me/phone/finds'>) =>
				http.data(GET('/me/phone/finds', { params: { query } })),
		},
		members: {
			list: (query: Query<'/company/members'>) => http.data(GET('/company/members', { params: { query } })),
			get: (member: string) => http.data(GET('/company/members/{id}', id(member))),
			create: (body: t.NewMember) => http.data(POST('/company/members', { body })),
			update: (member: string, body: t.MemberPatch) =>
				http.data(PATCH('/company/members/{id}', { ...id(member), body })),
			sendPasswordLink: (member: string) =>
				http.data(POST('/company/members/{id}/password-link', id(member))),
			setPhoto: (member: string, file: File) =>
				http.data(PUT('/company/members/{id}/photo', { ...id(member), ...picture(file) })),
			removePhoto: (member: string) => http.data(DELETE('/company/members/{id}/photo', id(member))),
		},
		teams: {
			list: () => http.data(GET('/company/teams')),
			create: (name: string) => http.data(POST('/company/teams', { body: { name } })),
		},
		company: {
			get: () => http.data(GET('/company')),
			update: (body: t.CompanyPatch) => http.data(PATCH('/company', { body })),
			setLogo: (file: File) => http.data(PUT('/company/logo', picture(file))),
			removeLogo: () => http.data(DELETE('/company/logo')),
		},
		firstSteps: {
			get: () => http.data(GET('/company/first-steps')),
			hide: () => http.data(PATCH('/company/first-steps', { body: { hidden: true } })),
		},
		external: {
			settings: (network: t.Network) =>
				http.answer(GET('/company/external/{network}', { params: { path: { network } } })),
			save: (network: t.Network, body: t.ExternalSettingsPatch, etag: string | null) =>
				http.answer(
					PATCH('/company/external/{network}', {
						params: { path: { network } },
						body,
						headers: etag ? { 'If-Match': etag } : {},
					}),
				),
			grants: (network: t.Network, query: Query<'/company/external/{network}/grants'>) =>
				http.data(GET('/company/external/{network}/grants', { params: { path: { network }, query } })),
			grant: (network: t.Network, body: t.GrantRequest) =>
				http.data(POST('/company/external/{network}/grants', { params: { path: { network } }, body })),
			revoke: (network: t.Network, memberIds: string[]) =>
				http.data(
					POST('/company/external/{network}/grants/revoke', {
						params: { path: { network } },
						body: { memberIds },
					}),
				),
		},
		audit: (query: Query<'/company/audit'>) => http.data(GET('/company/audit', { params: { query } })),
		people: {
			lookup: ({ kind, text }: { kind: 'handle' | 'phone'; text: string }) =>
				http.data(POST('/people/lookup', { body: kind === 'phone' ? { phone: text } : { handle: text } })),
			lookupInvitation: (invitation: string) => http.data(POST('/people/lookup', { body: { invitation } })),
		},
		card: {
			get: () => http.data(GET('/me/card')),
			rotate: () => http.data(POST('/me/card/rotate')),
		},
		invitations: {
			list: (query: Query<'/invitations'>) => http.data(GET('/invitations', { params: { query } })),
			get: (invitation: string) => http.data(GET('/invitations/{id}', id(invitation))),
			create: (body: t.NewInvitation) => http.data(POST('/invitations', { body })),
			revoke: (invitation: string) => http.data(DELETE('/invitations/{id}', id(invitation))),
			uses: (invitation: string, query: Query<'/invitations/{id}/uses'>) =>
				http.data(GET('/invitations/{id}/uses', { params: { path: { id: invitation }, query } })),
			open: (code: string) => http.data(GET('/invitations/by-code/{code}', { params: { path: { code } } })),
			accept: (code: string, action: 'addContact' | 'openRoom') =>
				http.data(
					POST('/invitations/by-code/{code}/accept', { params: { path: { code } }, body: { action } }),
				),
		},
		contacts: {
			list: (query: Query<'/contacts'>) => http.data(GET('/contacts', { params: { query } })),
			get: (contact: string) => http.data(GET('/contacts/{id}', id(contact))),
			tags: () => http.data(GET('/contacts/tags')),
			create: (body: t.NewContact) => http.data(POST('/contacts', { body })),
			addFound: (personRef: string) => http.data(POST('/contacts', { body: { personRef } })),
			addFromRoom: (roomId: string, participantId: string) =>
				http.answer(POST('/contacts', { body: { roomId, participantId } })),
			/** `version` is the one that was edited. */
			update: (contact: string, body: t.ContactPatch, version: number) =>
				http.data(PATCH('/contacts/{id}', { ...id(contact), body, headers: ifMatch(version) })),
			share: (contact: string, body: t.VisibilityChange, version: number) =>
				http.data(PUT('/contacts/{id}/visibility', { ...id(contact), body, headers: ifMatch(version) })),
			setPhoto: (contact: string, file: File) =>
				http.data(PUT('/contacts/{id}/photo', { ...id(contact), ...picture(file) })),
			removePhoto: (contact: string) => http.data(DELETE('/contacts/{id}/photo', id(contact))),
			remove: (contact: string) => http.data(DELETE('/contacts/{id}', id(contact))),
			purge: (contact: string) =>
				http.data(
					DELETE('/contacts/{id}', { params: { path: { id: contact }, query: { permanently: true } } }),
				),
			restore: (contact: string) => http.data(POST('/contacts/{id}/restore', id(contact))),
		},
		contactBook: {
			get: () => http.answer(GET('/company/contact-book')),
			save: (body: t.BookPatch, etag: string | null) =>
				http.answer(PATCH('/company/contact-book', { body, headers: etag ? { 'If-Match': etag } : {} })),
		},
		blocks: {
			list: () => http.data(GET('/blocks')),
			/** The other one of a direct room, or somebody in a group. */
			blockIn: (roomId: string, participantId?: string) =>
				http.data(POST('/blocks', { body: { roomId, participantId } })),
			unblock: (block: string) => http.data(DELETE('/blocks/{id}', id(block))),
		},
		reports: {
			create: (body: t.NewReport) => http.data(POST('/reports', { body })),
			list: (query: Query<'/company/reports'>) => http.data(GET('/company/reports', { params: { query } })),
			get: (report: string) => http.data(GET('/company/reports/{id}', id(report))),
			close: (report: string, body: t.ReportChange) =>
				http.data(PATCH('/company/reports/{id}', { ...id(report), body })),
		},
		rooms: {
			list: (query: Query<'/rooms'>) => http.data(GET('/rooms', { params: { query } })),
			get: (room: string) => http.data(GET('/rooms/{id}', id(room))),
			create: (body: t.NewRoom) => http.data(POST('/rooms', { body })),
			rename: (room: string, name: string) =>
				http.data(PATCH('/rooms/{id}', { ...id(room), body: { name } })),
			add: (room: string, body: t.AddPeople) =>
				http.data(POST('/rooms/{id}/participants', { ...id(room), body })),
			remove: (room: string, participantId: string) =>
				http.data(
					DELETE('/rooms/{id}/participants/{participantId}', {
						params: { path: { id: room, participantId } },
					}),
				),
			answerRequest: (room: string, answer: 'accept' | 'decline') =>
				http.data(POST('/rooms/{id}/request', { ...id(room), body: { answer } })),
			messages: (room: string, query: Query<'/rooms/{id}/messages'>) =>
				http.data(GET('/rooms/{id}/messages', { params: { path: { id: room }, query } })),
			send: (room: string, clientId: string, text: string) =>
				http.data(POST('/rooms/{id}/messages', { ...id(room), body: { clientId, text } })),
			read: (room: string, seq: number) => http.data(PUT('/rooms/{id}/read', { ...id(room), body: { seq } })),
		},
	};
}
