// Every message exists in every language with the same parameters, and every message is used somewhere.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const languages = ['en', 'ja', 'ko'];

/** @typedef {Record<string, unknown>} Catalogue */

/** @returns {Record<string, Catalogue>} */
export function readCatalogues(folder = 'messages') {
	return Object.fromEntries(
		languages.map((language) => [
			language,
			JSON.parse(readFileSync(join(folder, `${language}.json`), 'utf8')),
		]),
	);
}

/** @param {unknown} message */
function parameters(message) {
	const texts = Array.isArray(message)
		? message.flatMap((variant) => Object.values(variant.match))
		: [String(message)];
	return [
		...new Set(texts.flatMap((text) => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]))),
	].sort();
}

/** @param {string} folder @returns {string[]} */
function sources(folder) {
	return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
		const path = join(folder, entry.name);
		if (entry.isDirectory()) return entry.name === 'paraglide' ? [] : sources(path);
		return /\.(svelte|ts)$/.test(entry.name) ? [path] : [];
	});
}

/** What is wrong with the catalogues, one sentence each. */
export function findFaults(catalogues = readCatalogues(), source = 'src') {
	const faults = [];
	const keys = new Set(languages.flatMap((language) => Object.keys(catalogues[language] ?? {})));
	for (const key of keys) {
		const here = languages.filter((language) => key in (catalogues[language] ?? {}));
		for (const language of languages) {
			if (!here.includes(language)) faults.push(`${key}: missing in ${language}`);
		}
		const wanted = parameters(catalogues[here[0]][key]).join();
		for (const language of here) {
			const found = parameters(catalogues[language][key]).join();
			if (found !== wanted)
				faults.push(`${key}: ${language} has parameters (${found}), ${here[0]} has (${wanted})`);
		}
	}
	const code = sources(source)
		.map((path) => readFileSync(path, 'utf8'))
		.join('\n');
	const used = new Set([...code.matchAll(/\bm\.([a-z][a-z0-9_]*)/g)].map((match) => match[1]));
	for (const key of keys) if (!used.has(key)) faults.push(`${key}: not used`);
	return faults;
}

if (process.argv[1]?.endsWith('i18n-check.js')) {
	const faults = findFaults();
	for (const fault of faults) console.error(fault);
	if (faults.length > 0) process.exit(1);
	console.log(
		`${Object.keys(readCatalogues().en).length} messages in ${languages.length} languages, all in use`,
	);
}
