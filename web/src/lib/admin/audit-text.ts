import type { AuditEntry } from '#lib/api/types.ts';
import { m } from '#lib/paraglide/messages.js';

type Act = Pick<AuditEntry, 'action' | 'actor' | 'details'>;

/** One act has both going and being sent away; other companies' logs do not say whom it concerned. */
function leftText({ actor, details }: Act): string {
	const { memberIds } = details as { memberIds?: unknown };
	if (!actor || !Array.isArray(memberIds)) return m.act_room_left_unsaid();
	return memberIds.includes(actor.id) ? m.act_room_left() : m.act_room_removed();
}

const actions: Record<string, (entry: Act) => string> = {
	'settings.changed': m.act_settings_changed,
	'grant.added': m.act_grant_added,
	'grant.revoked': m.act_grant_revoked,
	'contact.added': m.act_contact_added,
	'contact.changed': m.act_contact_changed,
	'contact.deleted': m.act_contact_deleted,
	'contact.restored': m.act_contact_restored,
	'contact.purged': m.act_contact_purged,
	'contact.shared': m.act_contact_shared,
	'contact.refused': m.act_contact_refused,
	'block.added': m.act_block_added,
	'block.removed': m.act_block_removed,
	'request.accepted': m.act_request_accepted,
	'request.declined': m.act_request_declined,
	'invitation.created': m.act_invitation_created,
	'invitation.accepted': m.act_invitation_accepted,
	'invitation.revoked': m.act_invitation_revoked,
	'invitation.refused': m.act_invitation_refused,
	'report.created': m.act_report_created,
	'report.read': m.act_report_read,
	'report.closed': m.act_report_closed,
	'message.refused': m.act_message_refused,
	'room.opened': m.act_room_opened,
	'room.joined': m.act_room_joined,
	'room.left': leftText,
	'room.refused': m.act_room_refused,
	'room.frozen': m.act_room_frozen,
	'room.thawed': m.act_room_thawed,
	'room.paused': m.act_room_paused,
	'room.resumed': m.act_room_resumed,
	'session.started': m.act_session_started,
	'session.ended': m.act_session_ended,
	'token.created': m.act_token_created,
	'token.ended': m.act_token_ended,
	'password.changed': m.act_password_changed,
	'password.reset': m.act_password_reset,
	'passwordLink.requested': m.act_password_link_requested,
	'passwordLink.sent': m.act_password_link_sent,
	'phone.changed': m.act_phone_changed,
	'phone.verified': m.act_phone_verified,
	'phone.refused': m.act_phone_refused,
	'phone.lost': m.act_phone_lost,
	'phone.removed': m.act_phone_removed,
	'phone.published': m.act_phone_published,
	'phone.hidden': m.act_phone_hidden,
	'member.created': m.act_member_created,
	'member.changed': m.act_member_changed,
	'member.suspended': m.act_member_suspended,
	'member.reactivated': m.act_member_reactivated,
	'member.left': m.act_member_left,
	'photo.changed': m.act_photo_changed,
	'photo.removed': m.act_photo_removed,
	'logo.changed': m.act_logo_changed,
	'logo.removed': m.act_logo_removed,
	'role.changed': m.act_role_changed,
	'team.created': m.act_team_created,
	'company.created': m.act_company_created,
	'company.changed': m.act_company_changed,
	'company.suspended': m.act_company_suspended,
	'company.resumed': m.act_company_resumed,
	'company.entitled': m.act_company_entitled,
	'company.disentitled': m.act_company_disentitled,
	'backup.restored': m.act_backup_restored,
};

/** The act in words; an unknown one by its name in the log. */
export const actionText = (entry: Act) => actions[entry.action]?.(entry) ?? entry.action;

/** What particulars are called, by their name in the log. */
const fields: Record<string, () => string> = {
	target: m.audit_target,
	before: m.audit_before,
	after: m.audit_after,
	by: m.audit_by,
	from: m.audit_from,
	inviter: m.audit_inviter,
	outsider: m.audit_outsider,
	memberIds: m.audit_people,
	teamIds: m.field_teams,
	teams: m.field_teams,
	roomId: m.audit_room,
	network: m.audit_network,
	automatic: m.audit_automatic,
	startsAt: m.audit_start,
	endsAt: m.audit_end,
	expiresAt: m.audit_end,
	fields: m.audit_fields,
	kind: m.value_type,
	action: m.audit_act,
	purpose: m.audit_purpose,
	mailed: m.audit_mailed,
	maxUses: m.invite_uses,
	refused: m.audit_chat_refused,
	reason: m.report_reason,
	reasons: m.report_reason,
	why: m.report_reason,
	messages: m.report_attached,
	outcome: m.report_outcome,
	name: m.form_name,
	handle: m.field_handle,
	email: m.field_email,
	role: m.field_role,
	domain: m.field_domain,
	country: m.field_country,
	timeZone: m.field_time_zone,
	range: m.seen_by,
	contactBook: m.admin_contacts,
	defaultVisibility: m.book_visibility,
	colleaguesMayEdit: m.share_may_edit,
	trashDays: m.book_trash_days,
	legalHold: m.book_hold,
	connect: m.set_connect,
	mode: m.set_mode,
	grantNewMembers: m.set_grant_new,
	files: m.set_files,
	partners: m.set_partners,
	rule: m.audit_rule,
	domains: m.partner_domains,
	firstContact: m.set_first_contact,
	onRevoke: m.set_on_revoke,
	maxInvitationDays: m.set_invitation_days,
};

/** What a particular is called, `after.mode` as two words; what has no word stays as the log has it. */
export const fieldText = (name: string) =>
	name
		.split('.')
		.map((part) => fields[part]?.() ?? part)
		.join(' › ');

/** The particulars of an entry as `name: value` pairs, whatever their shape. */
export function flatten(value: unknown, prefix = ''): { name: string; value: string }[] {
	if (value === null || value === undefined || value === '') return [];
	if (Array.isArray(value)) {
		const simple = value.every((item) => typeof item !== 'object' || item === null);
		if (simple) return value.length > 0 ? [{ name: prefix, value: value.join(', ') }] : [];
		return value.flatMap((item, index) => flatten(item, prefix ? `${prefix}.${index}` : String(index)));
	}
	if (typeof value === 'object') {
		return Object.entries(value).flatMap(([key, item]) => flatten(item, prefix ? `${prefix}.${key}` : key));
	}
	return [{ name: prefix, value: String(value) }];
}
