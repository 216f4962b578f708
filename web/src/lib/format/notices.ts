import { m } from '#lib/paraglide/messages.js';
import type { Message } from '#lib/api/types.ts';
import { formatList } from './time.ts';

/** What happened in a room, in the language of the interface. */
export function noticeText(message: Message, myId: string, language: string): string {
	const sentence = describe(message, myId, language);
	// "you" stands inside some sentences and starts others.
	const you = m.you_in_notice();
	return sentence.startsWith(you) ? you.charAt(0).toLocaleUpperCase(language) + sentence.slice(1) : sentence;
}

function describe(message: Message, myId: string, language: string): string {
	const notice = message.notice;
	if (!notice) return message.text;
	const name = (id: string | undefined | null, text: string) =>
		id && id === myId ? m.you_in_notice() : m.name_in_notice({ name: text });
	const names = formatList(
		notice.names.map((text, index) => name(notice.memberIds[index], text)),
		language,
	);
	const by = notice.byName ? name(notice.byId, notice.byName) : '';
	const bySelf = !by || (notice.memberIds.length === 1 && notice.memberIds[0] === notice.byId);
	switch (notice.type) {
		case 'created':
			return by || names ? m.notice_created({ by: by || names }) : m.notice_created_plain();
		case 'joined':
			return bySelf ? m.notice_joined({ names }) : m.notice_added({ by, names });
		case 'left':
			return m.notice_left({ names });
		case 'removed':
			return by ? m.notice_removed({ by, names }) : m.notice_left({ names });
		case 'paused':
			return m.notice_paused({ names });
		case 'resumed':
			return m.notice_resumed({ names });
		case 'frozen':
			return m.notice_frozen();
		case 'thawed':
			return m.notice_thawed();
		case 'renamed':
			return m.notice_renamed({ by: by || names, name: notice.text ?? '' });
		default:
			// A newer server may know more kinds; its English sentence is better than nothing.
			return message.text || (notice.text ?? '');
	}
}

/** One line under a room's name in the list. */
export function previewText(message: Message | null, myId: string, language: string, group: boolean): string {
	if (!message) return '';
	if (message.kind === 'notice') return noticeText(message, myId, language);
	const text = message.text;
	if (message.author?.id === myId) return m.preview_mine({ text });
	return group && message.author ? m.preview_author({ name: message.author.name, text }) : text;
}
