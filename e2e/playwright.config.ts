import { defineConfig, devices } from '@playwright/test';

// The browser of the system; dev/need installs it. Playwright brings none of its own.
const chromium = process.env['LIAISON_CHROMIUM'] || '/usr/bin/chromium';

const minutes = 60_000;

export default defineConfig({
	testDir: 'tests',
	outputDir: 'test-results',
	reporter: [['list']],
	forbidOnly: process.env['CI'] === 'true',

	// A story that passes only at the second try has found a race. We want to hear of it.
	retries: 0,
	// Every story starts a server, and some open several windows: more at a time only makes them slower.
	workers: 1,
	fullyParallel: false,

	// The pages of the console are looked at forty times in one test; everything else takes seconds.
	timeout: 8 * minutes,
	globalTimeout: 40 * minutes,
	expect: { timeout: 10_000 },

	// The main story plays on both databases; screens do not know which it is.
	projects: [{ name: 'sqlite' }, { name: 'postgres', testMatch: 'story.spec.ts' }],

	use: {
		...devices['Desktop Chrome'],
		locale: 'en-GB',
		trace: 'retain-on-failure',
		screenshot: 'only-on-failure',
		actionTimeout: 10_000,
		navigationTimeout: 20_000,
		launchOptions: {
			executablePath: chromium,
			args: [
				// Root in a container has no sandbox; the pages are our own.
				'--no-sandbox',
				// The stories run without the Internet, and nothing may reach for it.
				'--disable-background-networking',
				'--disable-component-update',
				'--disable-sync'
			]
		}
	}
});
