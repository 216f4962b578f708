#!/usr/bin/env node
// Prints docs/LICENCES.md: every package that Cargo.lock and web/package-lock.json name, with version and licence.
// The test that holds them against the permitted ones is crates/server/tests/dependencies.rs.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const options = { cwd: root, maxBuffer: 1 << 28, encoding: 'utf8' };
const metadata = JSON.parse(execFileSync('cargo', ['metadata', '--format-version', '1', '--locked'], options));
const rust = metadata.packages
	.filter((p) => p.source)
	.map((p) => [p.name, p.version, p.license ?? (p.license_file ? 'see its file' : '')]);

// Builds of one package for other machines say nothing new.
const lock = JSON.parse(readFileSync(`${root}web/package-lock.json`, 'utf8'));
const web = Object.entries(lock.packages)
	.filter(([path, p]) => path.includes('node_modules/') && !p.os && !p.cpu)
	.map(([path, p]) => [path.slice(path.lastIndexOf('node_modules/') + 13), p.version, p.license ?? 'not stated']);

const table = (rows) => {
	const lines = rows.map(([name, version, licence]) => `| ${name} | ${version} | ${licence} |`);
	return [...new Set(lines)].sort().join('\n');
};
console.log(`# Licences

Every package that Liaison is built from or with, as locked. Written by \`make gen\` (dev/licences.mjs); Liaison itself is
Apache-2.0. A licence that is not permitted fails a test (I-57).

## Rust

| package | version | licence |
| --- | --- | --- |
${table(rust)}

## Web

| package | version | licence |
| --- | --- | --- |
${table(web)}`);
