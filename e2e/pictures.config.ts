/** Not tests: draws the pictures of the README anew. `dev/screenshots` runs it. */
import base from './playwright.config.ts';

export default { ...base, testDir: 'pictures', testMatch: /.*\.pictures\.ts/ };
