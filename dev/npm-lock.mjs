#!/usr/bin/env node
// dev/npm-lock.mjs FOLDER: completes FOLDER/package-lock.json. Run it after every change of the npm packages.
//
// Compilers and the like come as one optional package for each system, and npm leaves those of other systems out of the
// lock file when it could not see them (an installation was there already, a registry serves only some). `npm ci` then
// refuses the file, on every system. What is missing is named with an exact version by the package that wants it, which
// is all the lock file needs in order to be complete; npm fetches such a package only on its own system.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = process.argv[2];
if (!folder) {
  console.error('usage: dev/npm-lock.mjs FOLDER');
  process.exit(2);
}
const file = join(folder, 'package-lock.json');
const text = readFileSync(file, 'utf8');
const lock = JSON.parse(text);

const SYSTEMS = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32'];
const PROCESSORS = ['arm', 'arm64', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'wasm32', 'x64'];

/** Whether Node would find NAME from the package at PLACE: in its own node_modules or in one above. */
function isLocked(place, name) {
  if (lock.packages[join(place, 'node_modules', name)]) return true;
  if (place === '') return false;
  return isLocked(place.slice(0, Math.max(0, place.lastIndexOf('/node_modules/'))), name);
}

const added = [];
for (const [place, wanting] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(wanting.optionalDependencies ?? {})) {
    if (isLocked(place, name)) continue;
    if (!/^\d+\.\d+\.\d+[^ |]*$/.test(version)) {
      console.error(`${place} wants ${name} ${version}: not an exact version, look at it by hand`);
      process.exitCode = 1;
      continue;
    }
    const words = name.split(/[/-]/);
    const os = SYSTEMS.filter((system) => words.includes(system));
    const cpu = PROCESSORS.filter((processor) => words.includes(processor));
    if (os.length + cpu.length === 0) {
      console.error(`${place} wants ${name}, whose name tells no system; look at it by hand`);
      process.exitCode = 1;
      continue;
    }
    lock.packages[join('node_modules', name)] = {
      version,
      ...(cpu.length > 0 && { cpu }),
      ...(wanting.dev && { dev: true }),
      optional: true,
      ...(os.length > 0 && { os })
    };
    added.push(`${name} ${version}`);
  }
}

if (added.length > 0) {
  lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => a.localeCompare(b, 'en')));
  writeFileSync(file, `${JSON.stringify(lock, null, /\n([\t ]+)/.exec(text)?.[1] ?? 2)}\n`);
}
console.log(added.length > 0 ? `added ${added.join(', ')}` : 'complete');
