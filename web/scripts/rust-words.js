// What the server's sources spell out and the client has to know by heart: acts of the audit log, codes of errors. The
// description of the API has them as plain strings, so there is no other list of them.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const crates = join(import.meta.dirname, '../../crates');

/** @param {string} folder @returns {string[]} */
function sources(folder) {
	return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
		const path = join(folder, entry.name);
		if (entry.isDirectory()) return sources(path);
		return entry.name.endsWith('.rs') ? [path] : [];
	});
}

/**
 * All string literals in these folders of `crates` that look like this, each once. Test modules stand at the end of
 * their file and are left out.
 *
 * @param {string[]} folders
 * @param {RegExp} shape
 * @returns {string[]}
 */
export function rustWords(folders, shape) {
	const code = folders
		.flatMap((folder) => sources(join(crates, folder)))
		.map((path) => readFileSync(path, 'utf8').split('#[cfg(test)]')[0]);
	const literals = code.flatMap((text) => [...text.matchAll(/"([^"\\\n]*)"/g)].map((match) => match[1]));
	return [...new Set(literals.filter((word) => shape.test(word)))].sort();
}
