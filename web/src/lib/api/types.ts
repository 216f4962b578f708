/**
 * The shapes the client works with. Written by hand until the server's description is generated; then these become
 * aliases of `components['schemas'][…]` from schema.ts and nothing else in the client changes.
 */

export type Side = 'yours' | 'theirs';
export type Role = 'owner' | 'security' | 'auditor' | 'member';
export type Language = 'en' | 'ja' | 'ko';
export type Network = 'partner' | 'line';

export interface Reason {
	code: string;
	side: Side;
	text: string;
	remedy?: string;
}

export interface FieldError {
	pointer: string;
	code: string;
	text: string;
}

export interface ProblemDocument {
	type?: string;
	title?: string;
	status?: number;
	detail?: string;
	code?: string;
	reference?: string;
	reasons?: Reason[];
	errors?: FieldError[];
}

export interface Page<T> {
	items: T[];
	nextCursor?: string | null;
}

export interface ServerInfo {
	hasCompanies: boolean;
	version: string;
}

export interface NetworkState {
	granted: boolean;
	reasons: Reason[];
}

export interface Me {
	id: string;
	handle: string;
	name: string;
	nickname: string | null;
	title: string | null;
	email: string | null;
	phone: string | null;
	photoUrl: string | null;
	role: Role;
	status: string;
	company: { id: string; name: string; domain: string; logoUrl: string | null };
	networks: Record<Network, NetworkState>;
	settings: { language: Language; readReceipts: boolean };
}

export interface MePatch {
	nickname?: string | null;
	settings?: { language?: Language; readReceipts?: boolean };
}

export interface Token {
	id: string;
	label: string;
	createdAt?: string;
	expiresAt?: string | null;
	lastUsedAt?: string | null;
}

export interface TeamRef {
	id: string;
	name: string;
}

export interface Team extends TeamRef {
	memberCount: number;
}

export type MemberStatus = 'active' | 'suspended' | 'left';

export interface Member {
	id: string;
	handle: string;
	name: string;
	nickname: string | null;
	title: string | null;
	photoUrl: string | null;
	role: Role;
	status: MemberStatus;
	email: string | null;
	phone: string | null;
	teams: TeamRef[];
}

export interface NewMember {
	handle: string;
	name: string;
	password?: string;
	nickname?: string;
	title?: string;
	email?: string;
	phone?: string;
	role?: Role;
	teams?: string[];
}

export interface MemberPatch {
	name?: string;
	nickname?: string | null;
	title?: string | null;
	role?: Role;
	status?: 'active' | 'suspended';
	teams?: string[];
	password?: string;
}

export interface Company {
	id: string;
	name: string;
	domain: string;
	country: string;
	timeZone: string;
	status: string;
	entitled: boolean;
	logoUrl: string | null;
}

export type PartnerRule = 'any' | 'only' | 'except';

export interface ExternalSettings {
	network: Network;
	connect: 'allow' | 'deny';
	mode: 'allMembers' | 'selectedMembers';
	grantNewMembers: boolean;
	files: 'allow' | 'deny';
	partners?: { rule: PartnerRule; domains: string[] };
	firstContact: 'open' | 'request';
	onRevoke: 'readOnly' | 'hidden';
}

export interface Grant {
	member: {
		id: string;
		name: string;
		handle: string;
		title: string | null;
		photoUrl: string | null;
		teams: TeamRef[];
	};
	source: 'person' | 'team' | 'all';
	effect: 'grant' | 'exclude';
	grantedAt: string | null;
	grantedBy: { id: string; name: string } | null;
	startsAt?: string | null;
	endsAt?: string | null;
}

export interface Skipped {
	id: string;
	code: string;
	text: string;
}

export interface GrantRequest {
	memberIds: string[];
	teamIds?: string[];
	startsAt?: string;
	endsAt?: string;
}

export interface AuditEntry {
	id: string;
	seq: number;
	at: string;
	actor: { id: string; name: string } | null;
	action: string;
	target: unknown;
	details: unknown;
	ip: string | null;
	hash: string;
}

export interface FoundPerson {
	personRef: string;
	name: string;
	companyName: string;
	photoUrl: string | null;
}

export interface Contact {
	id: string;
	kind: string;
	name: string;
	nickname: string | null;
	companyName: string | null;
	photoUrl: string | null;
	owner: { id: string; name: string };
	link: { state: 'live' | 'frozen' | 'ended'; since: string | null; reasons: Reason[] };
	roomId: string | null;
	outsideMemberId?: string | null;
}

export interface Block {
	id: string;
	name: string;
	companyName: string;
	roomId: string | null;
	since: string;
}

export interface Participant {
	id: string;
	kind: string;
	name: string;
	companyName: string;
	companyId: string;
	title?: string | null;
	photoUrl: string | null;
	you: boolean;
	outside: boolean;
	state: 'active' | 'paused' | 'left';
	/** Null where this person tells nobody what they have read. */
	readSeq: number | null;
}

export interface Range {
	from: number;
	to: number | null;
}

export type NoticeType =
	'created' | 'joined' | 'left' | 'removed' | 'paused' | 'resumed' | 'frozen' | 'thawed' | 'renamed';

export interface Notice {
	type: NoticeType;
	memberIds: string[];
	names: string[];
	byId?: string | null;
	byName?: string | null;
	text?: string | null;
}

export interface Message {
	id: string;
	roomId: string;
	seq: number;
	kind: 'message' | 'notice';
	notice?: Notice | null;
	clientId?: string | null;
	author: { id: string; name: string; companyName: string } | null;
	text: string | null;
	sentAt: string;
}

export interface RoomState {
	status: 'open' | 'paused' | 'frozen';
	since: string | null;
	reasons: Reason[];
}

export interface Room {
	id: string;
	kind: 'direct' | 'group';
	name: string | null;
	external: boolean;
	networks: string[];
	companies: { id: string; name: string; domain: string; yours: boolean }[];
	participants: Participant[];
	state: RoomState;
	lastMessage: Message | null;
	lastSeq: number;
	readSeq: number;
	unreadCount: number;
	ranges: Range[];
	contact: { saved: boolean; contactId: string | null; blockId: string | null } | null;
	/** When something last happened in it; the order of the list where there is no message to show. */
	lastAt?: string;
}

export interface MessagePage {
	items: Message[];
	hasMoreBefore: boolean;
	hasMoreAfter: boolean;
}

export interface NewRoom {
	memberIds?: string[];
	contactIds?: string[];
	name?: string;
	confirmed?: boolean;
}

export interface AddPeople {
	memberIds?: string[];
	contactIds?: string[];
	history?: 'fromJoin' | { fromSeq: number };
}
