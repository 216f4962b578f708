import type { Role } from '#lib/api/types.ts';
import { m } from '#lib/paraglide/messages.js';

export function roleOptions(): { value: Role; label: string }[] {
	return [
		{ value: 'member', label: m.role_member() },
		{ value: 'auditor', label: m.role_auditor() },
		{ value: 'security', label: m.role_security() },
		{ value: 'owner', label: m.role_owner() },
	];
}

export const roleName = (role: Role) => roleOptions().find((option) => option.value === role)?.label ?? role;
