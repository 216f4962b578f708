// Runs before anything else, from within the page (the build writes it there and fills in CHUNKS; the server permits it
// by its hash): says which files this address needs, and asks what its first screen will ask, so that the answers are
// on their way while the code is. Plain script: nothing compiles it. Without it everything works, only later.
{
	const path = location.pathname;
	const root = document.documentElement;

	let language = null;
	try {
		language = localStorage.getItem('liaison.language');
	} catch {
		// Nothing is kept: the browser's language.
	}
	const browser = navigator.languages.map((tag) => tag.toLowerCase().split('-')[0]);
	language = [language, ...browser].find((tag) => tag in CHUNKS.languages) ?? 'en';
	root.lang = language;

	const room = /^\/messages\/(room_[0-9a-z]+)$/.exec(path)?.[1];
	const screen = room
		? 'room'
		: path === '/' || path === '/messages'
			? 'messages'
			: (path.split('/')[1] ?? '');
	// The shape that is shown until the code is there (app.css).
	root.dataset.screen = screen;

	for (const file of [...CHUNKS.languages[language], ...(CHUNKS.screens[screen] ?? [])]) {
		const link = document.createElement('link');
		link.rel = 'modulepreload';
		link.href = `/${file}`;
		document.head.append(link);
	}

	const questions = [];
	if (screen in CHUNKS.screens && screen !== 'sign-in') questions.push('/me');
	if (screen === 'messages' || room) questions.push('/rooms?limit=200');
	if (room) questions.push(`/rooms/${room}`, `/rooms/${room}/messages?limit=50`);
	const answers = new Map();
	for (const question of questions) {
		const answer = fetch(`/api/v1${question}`);
		// Whoever takes the answer sees the failure, too.
		answer.catch(() => {});
		answers.set(`/api/v1${question}`, answer);
	}
	globalThis.liaisonHeadStart = answers;
}
