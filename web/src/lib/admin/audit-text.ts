import { m } from '#lib/paraglide/messages.js';

const actions: Record<string, () => string> = {
	'settings.changed': m.act_settings_changed,
	'grant.added': m.act_grant_added,
	'grant.revoked': m.act_grant_revoked,
	'contact.added': m.act_contact_added,
	'contact.changed': m.act_contact_changed,
	'contact.deleted': m.act_contact_deleted,
	'contact.restored': m.act_contact_restored,
	'contact.purged': m.act_contact_purged,
	'contact.shared': m.act_contact_shared,
	'block.added': m.act_block_added,
	'block.removed': m.act_block_removed,
	'request.accepted': m.act_request_accepted,
	'request.declined': m.act_request_declined,
	'report.created': m.act_report_created,
	'report.read': m.act_report_read,
	'report.closed': m.act_report_closed,
	'message.refused': m.act_message_refused,
	'room.opened': m.act_room_opened,
	'room.joined': m.act_room_joined,
	'room.left': m.act_room_left,
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
export const actionText = (action: string) => actions[action]?.() ?? action;

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
