import type * as t from './types.ts';
import { Transport } from './transport.ts';

export type Api = ReturnType<typeof createApi>;

/** The whole server as the client sees it. Every request of the client starts here. */
export function createApi(http: Transport = new Transport()) {
	return {
		http,
		server: () => http.get<t.ServerInfo>('/server'),
		session: {
			signIn: (handle: string, password: string) => http.post<void>('/sessions', { handle, password }),
			signOut: () => http.call<void>('DELETE', '/sessions/current'),
		},
		tokens: {
			list: () => http.get<t.Page<t.Token>>('/tokens'),
			revoke: (id: string) => http.call<void>('DELETE', '/tokens/{id}', { path: { id } }),
		},
		me: {
			get: () => http.get<t.Me>('/me'),
			update: async (patch: t.MePatch) => (await http.call<t.Me>('PATCH', '/me', { body: patch })).data,
			changePassword: (currentPassword: string, newPassword: string) =>
				http.post<void>('/me/password', { currentPassword, newPassword }),
		},
		members: {
			list: (query: { query?: string; team?: string; status?: string; limit?: number; cursor?: string }) =>
				http.get<t.Page<t.Member>>('/company/members', { query }),
			get: (id: string) => http.get<t.Member>('/company/members/{id}', { path: { id } }),
			create: (member: t.NewMember) => http.post<t.Member>('/company/members', member),
			update: async (id: string, patch: t.MemberPatch) =>
				(await http.call<t.Member>('PATCH', '/company/members/{id}', { path: { id }, body: patch })).data,
		},
		teams: {
			list: () => http.get<t.Page<t.Team>>('/company/teams'),
			create: (name: string, memberIds: string[] = []) =>
				http.post<t.Team>('/company/teams', { name, memberIds }),
		},
		company: () => http.get<t.Company>('/company'),
		external: {
			settings: (network: t.Network) =>
				http.call<t.ExternalSettings>('GET', '/company/external/{network}', { path: { network } }),
			save: (network: t.Network, settings: Partial<t.ExternalSettings>, etag: string | null) =>
				http.call<t.ExternalSettings>('PATCH', '/company/external/{network}', {
					path: { network },
					body: settings,
					headers: etag ? { 'If-Match': etag } : {},
				}),
			grants: (
				network: t.Network,
				query: { query?: string; effect?: 'grant' | 'exclude'; limit?: number; cursor?: string },
			) => http.get<t.Page<t.Grant>>('/company/external/{network}/grants', { path: { network }, query }),
			grant: (network: t.Network, request: t.GrantRequest) =>
				http.post<{ granted: string[]; skipped: t.Skipped[] }>(
					'/company/external/{network}/grants',
					request,
					{
						path: { network },
					},
				),
			revoke: (network: t.Network, memberIds: string[]) =>
				http.post<{ revoked: string[]; skipped: t.Skipped[] }>(
					'/company/external/{network}/grants/revoke',
					{ memberIds },
					{ path: { network } },
				),
		},
		audit: (query: { category?: string; limit?: number; cursor?: string }) =>
			http.get<t.Page<t.AuditEntry>>('/company/audit', { query }),
		people: {
			lookup: (handle: string) => http.post<t.FoundPerson>('/people/lookup', { handle }),
		},
		contacts: {
			list: (query: { section?: 'all' | 'external'; query?: string; limit?: number; cursor?: string }) =>
				http.get<t.Page<t.Contact>>('/contacts', { query }),
			get: (id: string) => http.get<t.Contact>('/contacts/{id}', { path: { id } }),
			addFound: (personRef: string) => http.post<t.Contact>('/contacts', { personRef }),
			addFromRoom: (roomId: string, participantId: string) =>
				http.post<t.Contact>('/contacts', { roomId, participantId }),
		},
		blocks: {
			list: () => http.get<t.Page<t.Block>>('/blocks'),
			blockRoom: (roomId: string) => http.post<t.Block>('/blocks', { roomId }),
			unblock: (id: string) => http.call<void>('DELETE', '/blocks/{id}', { path: { id } }),
		},
		rooms: {
			list: (query: { filter?: 'all' | 'external'; limit?: number; cursor?: string }) =>
				http.get<t.Page<t.Room>>('/rooms', { query }),
			get: (id: string) => http.get<t.Room>('/rooms/{id}', { path: { id } }),
			create: (room: t.NewRoom) => http.post<t.Room>('/rooms', room),
			rename: async (id: string, name: string) =>
				(await http.call<t.Room>('PATCH', '/rooms/{id}', { path: { id }, body: { name } })).data,
			add: (id: string, people: t.AddPeople) =>
				http.post<t.Room>('/rooms/{id}/participants', people, { path: { id } }),
			remove: (id: string, participantId: string) =>
				http.call<void>('DELETE', '/rooms/{id}/participants/{participantId}', {
					path: { id, participantId },
				}),
			answerRequest: (id: string, answer: 'accept' | 'decline') =>
				http.post<void>('/rooms/{id}/request', { answer }, { path: { id } }),
			messages: (id: string, query: { before?: number; after?: number; limit?: number }) =>
				http.get<t.MessagePage>('/rooms/{id}/messages', { path: { id }, query }),
			send: (id: string, clientId: string, text: string) =>
				http.post<t.Message>('/rooms/{id}/messages', { clientId, text }, { path: { id } }),
			read: (id: string, seq: number) =>
				http.call<void>('PUT', '/rooms/{id}/read', { path: { id }, body: { seq } }),
		},
	};
}
