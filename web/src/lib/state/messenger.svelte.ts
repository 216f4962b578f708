import type { Api } from '#lib/api/client.ts';
import { isProblem, type Problem } from '#lib/api/problem.ts';
import type { Room } from '#lib/api/types.ts';
import { problemText } from '#lib/format/problems.ts';
import { asksMe } from '#lib/messages/requests.ts';
import { newClientId } from '#lib/messages/client-id.ts';
import * as apply from '#lib/realtime/apply.ts';
import { Connection, type ConnectionDeps, type ConnectionStatus } from '#lib/realtime/connection.ts';
import type { DataFrame } from '#lib/realtime/frames.ts';
import type { ContactBook } from './contact-book.svelte.ts';
import { Outbox } from './outbox.ts';
import type { Session } from './session.svelte.ts';

const PAGE = 50;
const ROOMS = 200;
const TYPING_EVERY = 3_000;

/** Rooms, threads and the connection that keeps them current. */
export class Messenger {
	status = $state<ConnectionStatus>('idle');
	loading = $state<'loading' | 'ready' | 'failed'>('loading');
	openRoomId = $state<string | null>(null);
	#state = $state.raw(apply.emptyState());
	rooms = $derived(apply.sortRooms(Object.values(this.#state.rooms)));
	unread = $derived(this.rooms.reduce((sum, room) => sum + room.unreadCount, 0));
	/** First contacts that wait for my answer. */
	requests = $derived(this.rooms.filter(asksMe).length);

	#api: Api;
	#session: Session;
	#contacts: ContactBook;
	#connection: Connection;
	#outbox: Outbox;
	#fetching = new Set<string>();
	/** Rooms as they were shown before the connection was there, until the list that counts has come. */
	#glimpsed: Room[] | null = null;
	/** Until the connection has begun; what was asked for before that no longer counts then. */
	#glimpsing: object | null = null;
	/** Per room, when the others were last told that I am typing. */
	#typingSentAt = new Map<string, number>();

	constructor(api: Api, session: Session, contacts: ContactBook, deps: ConnectionDeps) {
		this.#api = api;
		this.#session = session;
		this.#contacts = contacts;
		this.#outbox = new Outbox({
			send: api.rooms.send,
			onSent: (message) => {
				this.#update((s) => apply.applyMessage(s, message, this.#myId));
				this.#catchUp();
			},
			onFailed: (roomId, clientId, problem) => this.#failed(roomId, clientId, problem),
		});
		this.#connection = new Connection(deps, {
			onStatus: (status) => {
				this.status = status;
				if (status === 'live') this.#retryUnreachable();
			},
			onFrame: (frame) => this.#frame(frame),
			onFresh: () => {
				this.#glimpsing = null;
				void this.loadRooms();
				void session.loadReports();
			},
			onResync: () => {
				this.#update(apply.afterResync);
				contacts.clear();
				void this.loadRooms();
				void session.loadReports();
			},
			onSignedOut: () => session.ended(),
		});
	}

	get #myId() {
		return this.#session.known?.id ?? '';
	}

	room(id: string): Room | null {
		return this.#state.rooms[id] ?? null;
	}

	thread(id: string) {
		return this.#state.threads[id] ?? null;
	}

	pending(id: string) {
		return this.#state.pending[id] ?? [];
	}

	typingIn(id: string): string[] {
		return Object.keys(this.#state.typing[id] ?? {}).filter((memberId) => memberId !== this.#myId);
	}

	start() {
		this.#connection.start();
		void this.#glimpse();
	}

	stop() {
		this.#connection.stop();
		this.#state = apply.emptyState();
		this.#contacts.clear();
		this.#glimpsing = null;
		this.#glimpsed = null;
		this.loading = 'loading';
		this.openRoomId = null;
	}

	retryNow = () => this.#connection.retryNow();
	networkLost = () => this.#connection.networkLost();
	tick = (now: number) => this.#update((s) => apply.expireTyping(s, now));

	/**
	 * The first rooms, to be looked at while the connection is made. Nothing is missed between the two: once it has
	 * begun, `loadRooms` asks anew, and frames continue from there.
	 */
	async #glimpse() {
		const glimpse = (this.#glimpsing = {});
		try {
			const page = await this.#api.rooms.list({ limit: ROOMS });
			if (this.#glimpsing !== glimpse) return;
			this.#update((s) => apply.applyRooms(s, page.items, this.#myId));
			this.#glimpsed = page.items.map((room) => this.room(room.id)).filter((room) => room !== null);
			if (page.items.length > 0) this.loading = 'ready';
		} catch {
			// The connection asks again, and says what is wrong.
		}
	}

	async loadRooms() {
		this.loading = Object.keys(this.#state.rooms).length > 0 ? 'ready' : 'loading';
		try {
			let cursor: string | undefined;
			do {
				const page = await this.#api.rooms.list({ limit: ROOMS, cursor });
				this.#update((s) => apply.applyRooms(s, page.items, this.#myId));
				cursor = page.nextCursor ?? undefined;
			} while (cursor);
			// Left or lost before the connection began: neither list nor frame has touched them since.
			for (const room of this.#glimpsed ?? []) if (this.room(room.id) === room) this.forgetRoom(room.id);
			this.#glimpsed = null;
			this.loading = 'ready';
			this.#catchUp();
		} catch {
			if (this.loading === 'loading') this.loading = 'failed';
		}
	}

	/** The room, fetched when it is not held yet. Throws where it is not mine. */
	async ensureRoom(id: string): Promise<Room> {
		const held = this.room(id);
		if (held) return held;
		return this.refreshRoom(id);
	}

	async refreshRoom(id: string): Promise<Room> {
		const room = await this.#api.rooms.get(id);
		this.putRoom(room);
		return room;
	}

	putRoom(room: Room) {
		this.#update((s) => apply.applyRoom(s, room, this.#myId));
	}

	forgetRoom(id: string) {
		this.#update((s) => apply.removeRoom(s, id));
	}

	async open(id: string) {
		this.openRoomId = id;
		await this.ensureRoom(id);
		const thread = this.thread(id);
		if (!thread || thread.behind || thread.hasMoreAfter) await this.loadNewest(id);
	}

	loadNewest = (id: string) => this.#loadPage(id, 'newest', {});

	loadOlder(id: string) {
		const first = this.thread(id)?.messages[0]?.seq;
		return first === undefined ? Promise.resolve() : this.#loadPage(id, 'before', { before: first });
	}

	loadNewer(id: string) {
		const last = this.thread(id)?.messages.at(-1)?.seq;
		return last === undefined ? this.loadNewest(id) : this.#loadPage(id, 'after', { after: last });
	}

	trim = (id: string) => this.#update((s) => apply.trimThread(s, id));

	send(roomId: string, text: string) {
		const clientId = newClientId();
		this.#update((s) =>
			apply.addPending(s, roomId, {
				clientId,
				text,
				queuedAt: new Date().toISOString(),
				state: 'sending',
				problem: null,
			}),
		);
		// The message ended what the others saw of my typing; the next key press says it anew.
		this.#typingSentAt.delete(roomId);
		void this.#outbox.queue(roomId, clientId, text);
	}

	retry(roomId: string, clientId: string) {
		const pending = this.pending(roomId).find((p) => p.clientId === clientId);
		if (!pending) return;
		this.#update((s) => apply.updatePending(s, roomId, clientId, { state: 'sending', problem: null }));
		void this.#outbox.queue(roomId, clientId, pending.text);
	}

	discard = (roomId: string, clientId: string) => this.#update((s) => apply.dropPending(s, roomId, clientId));

	markRead(roomId: string, seq: number) {
		const room = this.room(roomId);
		if (!room || seq <= room.readSeq) return;
		this.#update((s) => apply.applyRead(s, roomId, this.#myId, seq, this.#myId));
		if (!this.#connection.send({ op: 'read', roomId, seq })) {
			// Not worth an error message: the next look at the room says it again.
			this.#api.rooms.read(roomId, seq).catch(() => {});
		}
	}

	typing(roomId: string, now = Date.now()) {
		if (now - (this.#typingSentAt.get(roomId) ?? 0) < TYPING_EVERY) return;
		if (this.#connection.send({ op: 'typing', roomId })) this.#typingSentAt.set(roomId, now);
	}

	async #loadPage(id: string, side: apply.PageSide, query: { before?: number; after?: number }) {
		if (this.#fetching.has(id)) return;
		this.#fetching.add(id);
		/** Whether asking again can bring more; otherwise the next frame asks. */
		let again = false;
		try {
			const asked = this.room(id)?.lastSeq;
			const page = await this.#api.rooms.messages(id, { ...query, limit: PAGE });
			this.#update((s) => apply.applyPage(s, id, page, side));
			again = page.items.length > 0 || this.room(id)?.lastSeq !== asked;
		} finally {
			this.#fetching.delete(id);
		}
		if (again) this.#catchUp();
	}

	/** Fetches what the open thread lacks at its end. */
	#catchUp() {
		const open = this.openRoomId;
		if (!open || !this.room(open)) return;
		const thread = this.thread(open);
		// Without a thread: the room was gone and is back.
		if (!thread) this.loadNewest(open).catch(() => {});
		else if (thread.behind) this.loadNewer(open).catch(() => {});
	}

	#frame(frame: DataFrame) {
		switch (frame.op) {
			case 'message': {
				// After a reconnect this may come before what was missed: then the unread are counted by the server.
				const skips = apply.skips(this.#state, frame.message);
				this.#update((s) => apply.applyMessage(s, frame.message, this.#myId));
				if (skips || !this.room(frame.message.roomId)) {
					this.refreshRoom(frame.message.roomId).catch(() => {});
				}
				break;
			}
			case 'room':
				this.putRoom(frame.room);
				break;
			case 'roomGone':
				this.forgetRoom(frame.roomId);
				break;
			case 'read':
				this.#update((s) => apply.applyRead(s, frame.roomId, frame.memberId, frame.seq, this.#myId));
				break;
			case 'typing':
				this.#update((s) => apply.applyTyping(s, frame.roomId, frame.memberId, Date.now()));
				break;
			case 'contact':
				this.#contacts.put(frame.contact);
				break;
			case 'me':
				this.#session.told(frame.me);
				break;
			case 'contactGone':
				this.#contacts.forget(frame.contactId);
				break;
			case 'reports':
				this.#session.openReports = frame.openCount;
				break;
			case 'grant':
				this.#session.networkChanged(frame.network, { granted: frame.granted, reasons: frame.reasons });
				break;
		}
		this.#catchUp();
	}

	#failed(roomId: string, clientId: string, problem: Problem | null) {
		const shown = problem && { code: problem.code, message: problemText(problem) };
		this.#update((s) => apply.updatePending(s, roomId, clientId, { state: 'failed', problem: shown }));
		// A refusal means the room is not what this client believed it to be.
		if (isProblem(problem) && (problem.status === 403 || problem.status === 404)) {
			this.refreshRoom(roomId).catch(() => {});
		}
	}

	/** Back online: what failed for want of a connection goes out by itself, what was refused waits for its author. */
	#retryUnreachable() {
		for (const [roomId, list] of Object.entries(this.#state.pending)) {
			for (const p of list) if (p.state === 'failed' && !p.problem) this.retry(roomId, p.clientId);
		}
	}

	#update(change: (state: apply.ClientState) => apply.ClientState) {
		this.#state = change(this.#state);
	}
}
