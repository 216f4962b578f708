import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

// Apart from vite.config.ts: the unit tests need no SvelteKit, whose development server keeps files open and would
// hold the run back for ten seconds at its end. `npm test` compiles the messages beforehand.
export default defineConfig({
	plugins: [svelte({ configFile: false })],
	test: { include: ['src/**/*.test.ts'], environment: 'node' },
});
