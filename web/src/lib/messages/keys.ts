type Key = Pick<
	KeyboardEvent,
	'key' | 'shiftKey' | 'altKey' | 'ctrlKey' | 'metaKey' | 'isComposing' | 'keyCode'
>;

/**
 * Enter sends, except while a Japanese or Korean word is being composed: there Enter confirms the word. Some browsers
 * report that key press with `isComposing` false and the old key code 229, so both are asked.
 */
export function sendsMessage(event: Key): boolean {
	if (event.key !== 'Enter' || event.shiftKey || event.altKey) return false;
	return !event.isComposing && event.keyCode !== 229;
}
