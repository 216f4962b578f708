type Press = Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey' | 'isComposing'>;

export type Shortcut = 'help' | 'search' | 'newConversation' | 'newer' | 'older' | 'compose' | 'details';

/** Single letters, as in mail programs; never while one writes, composes a word or holds a modifier. */
export const SHORTCUTS: Record<string, Shortcut> = {
	'?': 'help',
	'/': 'search',
	n: 'newConversation',
	k: 'newer',
	j: 'older',
	m: 'compose',
	i: 'details',
};

export function shortcutOf(press: Press, writing: boolean): Shortcut | null {
	if (writing || press.isComposing || press.ctrlKey || press.metaKey || press.altKey) return null;
	return SHORTCUTS[press.key] ?? null;
}

/** Whether keys that arrive here are meant as text or belong to an open dialog. */
export function isWriting(target: EventTarget | null): boolean {
	if (!(target instanceof Element)) return false;
	return (
		target.closest('input, textarea, select, [contenteditable], [role="dialog"], [role="menu"]') !== null
	);
}
