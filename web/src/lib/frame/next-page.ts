/** Where to go after signing in. Only pages of this client: an address elsewhere would make sign-in a trap. */
export function safeNext(next: string | null): string {
	if (!next || !next.startsWith('/') || next.startsWith('//') || next.includes('\\')) return '/messages';
	return next.startsWith('/sign-in') ? '/messages' : next;
}

export function signInAddress(url: Pick<URL, 'pathname' | 'search'>): string {
	const wanted = url.pathname + url.search;
	return wanted === '/' || wanted === '/messages'
		? '/sign-in'
		: `/sign-in?next=${encodeURIComponent(wanted)}`;
}
