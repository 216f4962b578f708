// SvelteKit's static adapter, and after it: src/boot.js goes into the page with the names of the files each screen
// needs, the styles go into the page, which is painted before anything else has come, and every file is compressed once,
// here, instead of by the server for each reader.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import adapterStatic from '@sveltejs/adapter-static';

/** The components that make up a screen, by its name in src/boot.js; the root layout is part of every page already. */
const app = 'src/routes/(app)/+layout.svelte';
const messages = [app, 'src/routes/(app)/messages/+layout.svelte'];
const screens = {
	'sign-in': ['src/routes/sign-in/+page.svelte'],
	messages: [...messages, 'src/routes/(app)/messages/+page.svelte'],
	room: [...messages, 'src/routes/(app)/messages/[roomId]/+page.svelte'],
	admin: [app, 'src/routes/(app)/admin/+layout.svelte', 'src/routes/(app)/admin/+page.svelte'],
	contacts: [app, 'src/routes/(app)/contacts/+layout.svelte'],
	settings: [app, 'src/routes/(app)/settings/+page.svelte'],
};
const languages = ['en', 'ja', 'ko'];

export default function clientAdapter() {
	const inner = adapterStatic({ pages: 'build', assets: 'build', fallback: 'index.html' });
	return {
		name: 'liaison-client',
		/** @param {import('@sveltejs/kit').Builder} builder */
		async adapt(builder) {
			await inner.adapt(builder);
			const manifest = JSON.parse(
				readFileSync(join(builder.getClientDirectory(), '.vite/manifest.json'), 'utf8'),
			);
			const page = readFileSync('build/index.html', 'utf8');
			writeFileSync('build/index.html', withStyles(withBoot(page, chunksOf(manifest, page))));
			await builder.compress('build');
		},
	};
}

/** @param {Record<string, any>} manifest @param {string} page */
function chunksOf(manifest, page) {
	/** @param {string} key @param {Set<string>} found */
	const reach = (key, found = new Set()) => {
		const chunk = manifest[key];
		if (!chunk || found.has(chunk.file)) return found;
		found.add(chunk.file);
		for (const other of chunk.imports ?? []) reach(other, found);
		return found;
	};
	/** @param {(chunk: any) => boolean} wanted */
	const keyOf = (wanted, what) => {
		const key = Object.keys(manifest).find((key) => wanted(manifest[key]));
		if (!key) throw new Error(`no chunk for ${what} in Vite's manifest`);
		return key;
	};
	const missing = (files) => [...new Set(files)].filter((file) => !page.includes(file));
	return {
		fonts: fontsOf(readFileSync('src/app.css', 'utf8')),
		languages: Object.fromEntries(
			languages.map((language) => {
				const source = `src/lib/paraglide/messages/${language}.js`;
				return [language, missing(reach(keyOf((chunk) => chunk.src === source, source)))];
			}),
		),
		screens: Object.fromEntries(
			Object.entries(screens).map(([name, components]) => [
				name,
				missing(components.flatMap((component) => [...reach(nodeOf(component))])),
			]),
		),
	};
	/** @param {string} component */
	function nodeOf(component) {
		const nodes = JSON.stringify(component);
		return keyOf((chunk) => nodeSources().get(chunk.name) === component, nodes);
	}
	/** SvelteKit makes one numbered entry for each layout and page, which imports it. */
	function nodeSources() {
		const folder = '.svelte-kit/generated/build/client-optimized/nodes';
		const sources = new Map();
		for (const chunk of Object.values(manifest)) {
			if (!chunk.isEntry || !chunk.name?.startsWith('nodes/')) continue;
			const code = readFileSync(join(folder, `${chunk.name.slice('nodes/'.length)}.js`), 'utf8');
			const path = /["'](?:\.\.\/)+(src\/routes\/[^"']+\.svelte)["']/.exec(code)?.[1];
			if (path) sources.set(chunk.name, path);
		}
		return sources;
	}
}

/** @param {string} css */
function fontsOf(css) {
	const fonts = /--font-sans:([^;]+);/.exec(css)?.[1];
	if (!fonts) throw new Error('app.css names no --font-sans');
	return fonts.trim().replace(/\s+/g, ' ');
}

/** @param {string} page @param {object} chunks */
function withBoot(page, chunks) {
	const boot = readFileSync('src/boot.js', 'utf8').replace(/^\s*\/\/.*\n/gm, '');
	const mark = /<!-- boot\b[^>]*-->/;
	if (!mark.test(page)) throw new Error(`app.html lacks ${mark}`);
	return page.replace(mark, () => `<script>{\nconst CHUNKS = ${JSON.stringify(chunks)};\n${boot}}</script>`);
}

/**
 * The link stays, switched off: by it the code sees that these styles are there.
 * @param {string} page
 */
function withStyles(page) {
	const link = /<link href="\/([^"]+\.css)" rel="stylesheet">/.exec(page);
	if (!link?.[1] || page.split('rel="stylesheet"').length !== 2)
		throw new Error('one style sheet is expected');
	const css = readFileSync(join('build', link[1]), 'utf8').trim();
	if (css.includes('</style') || /url\((?!["']?data:)/.test(css)) throw new Error('styles that cannot move');
	return page.replace(
		link[0],
		() => `${link[0].replace('<link ', '<link disabled ')}\n<style>${css}</style>`,
	);
}
