#!/usr/bin/env node
// Writes dev/advisories.tsv anew: the facts of the RustSec advisory database that the audit of dependencies needs, so
// that it runs without a network. The test that reads it is crates/server/tests/dependencies.rs.
//
//   dev/advisories.mjs FOLDER COMMIT DATE     FOLDER: a checkout of the database, with its commit and that commit's date
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [folder, commit, date] = process.argv.slice(2);
if (!folder || !commit || !/^\d{4}-\d{2}-\d{2}$/.test(date ?? '')) {
	console.error('usage: dev/advisories.mjs FOLDER COMMIT DATE');
	process.exit(2);
}

const lines = [];
const crates = join(folder, 'crates');
for (const name of readdirSync(crates)) {
	for (const file of readdirSync(join(crates, name)).filter((f) => f.endsWith('.md'))) {
		const text = readFileSync(join(crates, name, file), 'utf8');
		const facts = /```toml\n([\s\S]*?)\n```/.exec(text)?.[1];
		if (!facts) throw new Error(`${file} has no facts`);
		const word = (key) => new RegExp(`^${key}\\s*=\\s*"([^"]*)"`, 'm').exec(facts)?.[1] ?? '';
		const list = (key) => {
			const inside = new RegExp(`^${key}\\s*=\\s*\\[([\\s\\S]*?)\\]`, 'm').exec(facts)?.[1] ?? '';
			return [...inside.matchAll(/"([^"]*)"/g)].map((m) => m[1]).join(' | ');
		};
		if (word('withdrawn')) continue;
		lines.push([word('id'), word('package'), word('informational'), list('patched'), list('unaffected')].join('\t'));
	}
}
lines.sort();
const head = [
	`# RustSec advisory database, commit ${commit} of ${date}; facts only, written by dev/advisories.mjs`,
	'# id\tpackage\tkind (empty: a vulnerability)\tpatched\tunaffected',
];
writeFileSync(new URL('advisories.tsv', import.meta.url), [...head, ...lines, ''].join('\n'));
console.log(`${lines.length} advisories`);
