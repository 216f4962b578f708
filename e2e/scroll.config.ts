/** Not tests: measures how long lists scroll. `dev/scroll` runs it. */
import base from './playwright.config.ts';

export default { ...base, testDir: 'scroll', testMatch: /.*\.scroll\.ts/, timeout: 600_000, reporter: 'line' };
