type Press = Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey' | 'isComposing'>;

export type Shortcut = 'help' | 'search' | 'newConversation' | 'newer' | 'older' | 'compose' | 'details';

/** Single letters, as in mail programs; never while one writes, composes a word or holds a modifier, nor switched off. */
export const SHORTCUTS: Record<string, Shortcut> = {
	'?': 'help',
	'/': 'search',
	n: 'newConversation',
	k: 'newer',
	j: 'older',
	m: 'compose',
	i: 'details',
};

/** `on`: whether this browser's person wants them (`SingleKeys`). */
export function shortcutOf(press: Press, writing: boolean, on: boolean): Shortcut | null {
	if (!on || writing || press.isComposing || press.ctrlKey || press.metaKey || press.altKey) return null;
	return SHORTCUTS[press.key] ?? null;
}

/** Whether keys that arrive here are meant as text or belong to an open dialog. */
export function isWriting(target: EventTarget | null): boolean {
	if (!(target instanceof Element)) return false;
	return (
		target.closest('input, textarea, select, [contenteditable], [role="dialog"], [role="menu"]') !== null
	);
}
