const KEPT = 'liaison.details';
/** From here on the details fit beside a thread without taking from it. */
const WIDE = '(min-width: 1400px)';

/**
 * Whether the details of rooms stand open. On wide screens they do until closed, which this device remembers; where they
 * would cover the thread they begin closed in every room.
 */
export class DetailsChoice {
	open = $state(false);

	enterRoom() {
		this.open = matchMedia(WIDE).matches && kept() !== 'closed';
	}

	toggle() {
		this.open = !this.open;
		if (!matchMedia(WIDE).matches) return;
		try {
			localStorage.setItem(KEPT, this.open ? 'open' : 'closed');
		} catch {
			// Storage forbidden: the choice then lives as long as the page.
		}
	}
}

function kept(): string | null {
	try {
		return localStorage.getItem(KEPT);
	} catch {
		return null;
	}
}
