import { paraglideVitePlugin } from '@inlang/paraglide-js';
import adapter from '@sveltejs/adapter-static';
import { sveltekit } from '@sveltejs/kit/vite';
import tailwindcss from '@tailwindcss/vite';
import { defineConfig, loadEnv } from 'vite';
import { messagesConfig } from './scripts/messages-config.js';

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

/** The server that the development server asks; LIAISON_API names another one. */
const server = loadEnv('', '.', 'LIAISON_').LIAISON_API ?? 'http://127.0.0.1:8480';

export default defineConfig({
	plugins: [
		tailwindcss(),
		paraglideVitePlugin(messagesConfig),
		sveltekit({
			adapter: adapter({ pages: 'build', assets: 'build', fallback: 'index.html' }),
			preprocess: [noInlineStyles],
		}),
	],
	// Host and Origin are passed on as they are: the server compares the two.
	server: { proxy: { '/api': { target: server, ws: true } } },
});
