/** UUIDv7: ids made later sort later, so retries keep the order in which they were written. */
export function newClientId(
	now: number = Date.now(),
	random = crypto.getRandomValues(new Uint8Array(10)),
): string {
	const time = now.toString(16).padStart(12, '0');
	const bytes = [...random];
	bytes[0] = (bytes[0]! & 0x0f) | 0x70;
	bytes[2] = (bytes[2]! & 0x3f) | 0x80;
	const hex = bytes.map((b) => b.toString(16).padStart(2, '0')).join('');
	return `${time.slice(0, 8)}-${time.slice(8)}-${hex.slice(0, 4)}-${hex.slice(4, 8)}-${hex.slice(8)}`;
}
