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
	if (path === '/admin') questions.push('/company/first-steps');
	const answers = new Map();
	for (const question of questions) {
		const answer = fetch(`/api/v1${question}`);
		// Whoever takes the answer sees the failure, too.
		answer.catch(() => {});
		answers.set(`/api/v1${question}`, answer);
	}
	globalThis.liaisonHeadStart = answers;

	// The first date a page writes makes the browser load its tables of languages and zones, and the first text in a script
	// look for a font that has it: tenths of a second on a slow phone, between the answers and the rooms. While the code
	// is on its way nothing else waits; the shape is drawn before, hence the frame, and each stands alone.
	const early = [
		() => {
			for (const locale of [language, 'sv-SE']) {
				new Intl.DateTimeFormat(locale, {
					timeZone: 'Asia/Tokyo',
					dateStyle: 'short',
					timeStyle: 'short',
				}).format();
			}
		},
		() => new Intl.ListFormat(language),
		...[400, 600].map((weight) => () => {
			const pen = document.createElement('canvas').getContext('2d');
			pen.font = `${weight} 15px ${CHUNKS.fonts}`;
			pen.measureText('Aaあア漢한글');
		}),
	];
	const next = () => {
		early.shift()?.();
		if (early.length) setTimeout(next);
	};
	requestAnimationFrame(() => setTimeout(next));
}
