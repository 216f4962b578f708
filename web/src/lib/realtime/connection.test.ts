import { beforeEach, describe, expect, it } from 'vitest';
import { Connection, backOff, type SocketLike } from './connection.ts';
import type { DataFrame } from './frames.ts';

class FakeSocket implements SocketLike {
	sent: string[] = [];
	closedWith: number | undefined | null = null;
	onopen: SocketLike['onopen'] = null;
	onmessage: SocketLike['onmessage'] = null;
	onclose: SocketLike['onclose'] = null;
	onerror: SocketLike['onerror'] = null;
	send(text: string) {
		this.sent.push(text);
	}
	close(code?: number) {
		this.closedWith = code;
	}
	says(frame: unknown) {
		this.onmessage?.({ data: JSON.stringify(frame) });
	}
	closes(code: number) {
		this.onclose?.({ code });
	}
}

let sockets: FakeSocket[];
let timers: { run: () => void; ms: number; stopped: boolean }[];
let events: string[];
let frames: DataFrame[];
let connection: Connection;
const latest = () => sockets.at(-1)!;
const waiting = () => timers.filter((timer) => !timer.stopped);

beforeEach(() => {
	sockets = [];
	timers = [];
	events = [];
	frames = [];
	connection = new Connection(
		{
			openSocket: () => {
				const socket = new FakeSocket();
				sockets.push(socket);
				return socket;
			},
			setTimer: (run, ms) => {
				const timer = { run, ms, stopped: false };
				timers.push(timer);
				return timer;
			},
			clearTimer: (timer) => ((timer as { stopped: boolean }).stopped = true),
			random: () => 0.5,
		},
		{
			onStatus: (status) => events.push(status),
			onFrame: (frame) => frames.push(frame),
			onFresh: () => events.push('fresh'),
			onResync: () => events.push('resync'),
			onSignedOut: () => events.push('ended'),
		},
	);
});

const goLive = (cursor = 'c1') => {
	connection.start();
	latest().says({ op: 'ready', cursor });
};

describe('the connection', () => {
	it('asks for the state on its first ready and does not resume', () => {
		goLive();
		expect(events).toEqual(['connecting', 'live', 'fresh']);
		expect(latest().sent).toEqual([]);
	});

	it('resumes from the newest cursor it has applied', () => {
		goLive();
		latest().says({ op: 'read', roomId: 'r', memberId: 'm', seq: 1, cursor: 'c2' });
		latest().closes(1006);
		waiting()[0]!.run();
		latest().says({ op: 'ready', cursor: 'c9' });
		expect(latest().sent).toEqual(['{"op":"resume","cursor":"c2"}']);
		expect(events.filter((event) => event === 'fresh')).toHaveLength(1);
		expect(frames).toHaveLength(1);
	});

	it('starts afresh after a resync and resumes from there later', () => {
		goLive();
		latest().closes(1001);
		waiting()[0]!.run();
		latest().says({ op: 'ready', cursor: 'c9' });
		latest().says({ op: 'resync', cursor: 'c10' });
		expect(events.at(-1)).toBe('resync');
		latest().closes(1006);
		waiting()[0]!.run();
		latest().says({ op: 'ready', cursor: 'c12' });
		expect(latest().sent).toEqual(['{"op":"resume","cursor":"c10"}']);
	});

	it('waits longer after each failure and forgets that once it is live', () => {
		connection.start();
		const waits: number[] = [];
		for (let i = 0; i < 9; i++) {
			latest().closes(1006);
			waits.push(waiting()[0]!.ms);
			waiting()[0]!.run();
		}
		expect(waits.slice(0, 3)).toEqual([375, 750, 1500]);
		expect(Math.max(...waits)).toBeLessThanOrEqual(30_000);
		latest().says({ op: 'ready', cursor: 'c1' });
		latest().closes(1006);
		expect(waiting()[0]!.ms).toBe(375);
	});

	it('stops for good when the session has ended', () => {
		goLive();
		latest().closes(4001);
		expect(events.slice(-2)).toEqual(['signedOut', 'ended']);
		expect(waiting()).toEqual([]);
	});

	it('comes back after 4008, with its cursor', () => {
		goLive('c5');
		latest().closes(4008);
		expect(connection.status).toBe('offline');
		waiting()[0]!.run();
		latest().says({ op: 'ready', cursor: 'c8' });
		expect(latest().sent).toEqual(['{"op":"resume","cursor":"c5"}']);
	});

	it('gives up on a socket that never gets ready', () => {
		connection.start();
		waiting()[0]!.run();
		expect(sockets[0]!.closedWith).not.toBeNull();
		expect(connection.status).toBe('offline');
	});

	it('follows the network of the browser', () => {
		goLive();
		connection.networkLost();
		expect(connection.status).toBe('offline');
		connection.retryNow();
		expect(connection.status).toBe('connecting');
		expect(sockets).toHaveLength(2);
	});

	it('sends only while live and ignores what it does not understand', () => {
		connection.start();
		expect(connection.send({ op: 'typing', roomId: 'r' })).toBe(false);
		latest().onmessage?.({ data: 'not json' });
		latest().says({ op: 'ready', cursor: 'c1' });
		expect(connection.send({ op: 'typing', roomId: 'r' })).toBe(true);
		latest().says({ op: 'error', problem: {} });
		expect(frames).toEqual([]);
	});

	it('says nothing more after stop', () => {
		goLive();
		const socket = latest();
		connection.stop();
		socket.closes(1006);
		expect(connection.status).toBe('idle');
		expect(waiting()).toEqual([]);
	});
});

describe('backOff', () => {
	it('stays between half and the whole of its ceiling', () => {
		expect(backOff(0, () => 0)).toBe(250);
		expect(backOff(0, () => 0.999)).toBeLessThanOrEqual(500);
		expect(backOff(50, () => 0.999)).toBeLessThanOrEqual(30_000);
	});
});
