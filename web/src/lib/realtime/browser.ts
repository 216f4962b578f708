import type { ConnectionDeps, SocketLike } from './connection.ts';

export const browserConnection: ConnectionDeps = {
	openSocket: () => {
		const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
		return new WebSocket(`${scheme}://${location.host}/api/v1/realtime`) as unknown as SocketLike;
	},
	setTimer: (run, ms) => setTimeout(run, ms),
	clearTimer: (handle) => clearTimeout(handle as ReturnType<typeof setTimeout>),
	random: Math.random,
};
