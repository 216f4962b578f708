/** Unsent text per room, kept on this device only. */
const PREFIX = 'liaison.draft.';

type Store = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

export function loadDraft(roomId: string, store: Store = localStorage): string {
	try {
		return store.getItem(PREFIX + roomId) ?? '';
	} catch {
		return '';
	}
}

export function saveDraft(roomId: string, text: string, store: Store = localStorage): void {
	try {
		if (text) store.setItem(PREFIX + roomId, text);
		else store.removeItem(PREFIX + roomId);
	} catch {
		// Storage full or forbidden: the draft then lives as long as the page.
	}
}

/** After signing out nothing written here may greet the next person at this machine. */
export function clearDrafts(store: Storage = localStorage): void {
	try {
		for (const key of Object.keys(store)) if (key.startsWith(PREFIX)) store.removeItem(key);
	} catch {
		// As above.
	}
}
