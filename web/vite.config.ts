import { paraglideVitePlugin } from '@inlang/paraglide-js';
import { sveltekit } from '@sveltejs/kit/vite';
import tailwindcss from '@tailwindcss/vite';
import { defineConfig, loadEnv, type Plugin } from 'vite';
import clientAdapter from './scripts/client-adapter.js';
import { messagesConfig } from './scripts/messages-config.js';
import { staticIcons } from './scripts/static-icons.js';

/**
 * The server forbids inline styles. A style attribute written in markup would be dropped by the browser, so the
 * one in SvelteKit's own root component is removed (app.css hides that element instead), and any other is an error.
 */
const noInlineStyles = {
	name: 'no-inline-styles',
	markup({ content, filename }: { content: string; filename?: string }) {
		if (filename?.endsWith('/components/root.svelte')) {
			return { code: content.replace(/\sstyle="[^"]*"/, '') };
		}
		if (filename && !filename.includes('node_modules') && /\sstyle="[^"{]*"/.test(content)) {
			throw new Error(
				`${filename}: static style attribute; use a class, the content security policy blocks it`,
			);
		}
	},
};

/** Texts come in one language at a time: Paraglide's index, which imports all of them, gives way to our own. */
const oneLanguage: Plugin = {
	name: 'one-language',
	enforce: 'pre',
	resolveId: (source) =>
		source === '#lib/paraglide/messages.js'
			? decodeURIComponent(new URL('src/lib/i18n/messages.ts', import.meta.url).pathname)
			: null,
};

/**
 * Few files instead of seventy: on a slow line each one costs a round trip, and HTTP/1.1 has six at a time. What every
 * page needs is one, what the messenger needs besides is another. What is imported when it is needed (dialogs, languages)
 * stays apart.
 */
const chunks = [
	// SvelteKit sets its payload before the rest of its runtime may run: what does that stays outside of `base`.
	{ name: 'start', test: /\/client\/payload\.js|vite\/preload-helper/, priority: 3 },
	{ name: 'base', test: /\/src\/routes\/\+(layout|error)\./, priority: 2 },
	{ name: 'messenger', test: /\/src\/routes\/\(app\)\/(\+layout|messages\/)/, priority: 1 },
];

/** The server that the development server asks; LIAISON_API names another one. */
const server = loadEnv('', '.', 'LIAISON_').LIAISON_API ?? 'http://127.0.0.1:8480';

export default defineConfig({
	plugins: [
		tailwindcss(),
		paraglideVitePlugin(messagesConfig),
		oneLanguage,
		sveltekit({
			adapter: clientAdapter(),
			preprocess: [noInlineStyles, staticIcons],
		}),
	],
	environments: {
		client: { build: { rolldownOptions: { output: { codeSplitting: { groups: chunks } } } } },
	},
	// Host and Origin are passed on as they are: the server compares the two.
	server: { proxy: { '/api': { target: server, ws: true } } },
});
