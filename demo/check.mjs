#!/usr/bin/env node
// Checks the demo world: node demo/check.mjs. Prints every fault found and exits 1 if there is one.
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = dirname(fileURLToPath(import.meta.url));
const faults = [];
const expect = (holds, what) => { if (!holds) faults.push(what); };
const only = (object, keys, where) => { for (const k of Object.keys(object)) expect(keys.includes(k), `${where}: unknown field ${k}`); };
const text = (value, max, where) => {
  expect(typeof value === 'string' && value.length > 0 && value === value.trim(), `${where}: empty, not a text, or blank at an end`);
  expect([...String(value)].length <= max, `${where}: longer than ${max} characters`);
  expect(value === String(value).normalize('NFC'), `${where}: not in Unicode form NFC`);
  expect(!/[\u0000-\u001f\u007f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/u.test(value), `${where}: control, invisible or bidi character`);
};
const unique = (list, where) => { for (const v of new Set(list)) expect(list.filter((w) => w === v).length === 1, `${where}: ${v} occurs twice`); };

const raw = readFileSync(join(HERE, 'world.json'), 'utf8');
const world = JSON.parse(raw);
only(world, ['companies', 'connected'], 'world');
expect(Buffer.byteLength(raw) <= 256 * 1024, 'world.json: more than 256 KiB');

function picture(folder, key, limit) {
  const file = join(HERE, folder, `${key}.png`);
  if (!existsSync(file)) return expect(false, `${folder}/${key}.png is missing`);
  const bytes = readFileSync(file);
  expect(statSync(file).size <= limit, `${folder}/${key}.png: more than ${limit} bytes`);
  expect(bytes.subarray(0, 8).equals(Buffer.from([137, 80, 78, 71, 13, 10, 26, 10])), `${folder}/${key}.png: not a PNG`);
  expect(bytes.readUInt32BE(16) === 256 && bytes.readUInt32BE(20) === 256, `${folder}/${key}.png: not 256x256`);
}

const counts = { members: 0, contacts: 0, rooms: 0, messages: 0 };
const directs = new Set();
function room(r, known, where) {
  counts.rooms++;
  only(r, r.kind === 'group' ? ['kind', 'name', 'members', 'messages'] : ['kind', 'members', 'messages'], where);
  expect(['group', 'direct'].includes(r.kind), `${where}: kind ${r.kind}`);
  if (r.kind === 'group') { text(r.name, 60, `${where} name`); expect(r.members.length >= 3, `${where}: a group of fewer than three`); } else {
    expect(r.members.length === 2, `${where}: a direct room of ${r.members.length}`);
    const pair = where.split(' room ')[0] + [...r.members].sort().join('+');
    expect(!directs.has(pair), `${where}: second direct room of the same two`); directs.add(pair);
  }
  unique(r.members, where);
  for (const m of r.members) expect(known.has(m), `${where}: nobody is called ${m}`);
  expect(r.messages.length >= 6 && r.messages.length <= 25, `${where}: ${r.messages.length} messages`);
  let last = -Infinity;
  r.messages.forEach((m, i) => {
    const here = `${where} message ${i + 1}`;
    counts.messages++;
    only(m, ['by', 'daysAgo', 'at', 'text'], here);
    expect(r.members.includes(m.by), `${here}: ${m.by} is not in the room`);
    // At least one day ago: whenever the demo starts, nothing lies in the future.
    expect(Number.isInteger(m.daysAgo) && m.daysAgo >= 1 && m.daysAgo <= 60, `${here}: daysAgo ${m.daysAgo}`);
    expect(/^([01]\d|2[0-3]):[0-5]\d$/.test(m.at), `${here}: at ${m.at}`);
    const minute = -m.daysAgo * 1440 + Number(m.at.slice(0, 2)) * 60 + Number(m.at.slice(3));
    expect(minute >= last, `${here}: earlier than the one before`);
    last = minute;
    text(m.text, 2000, here);
  });
  for (const m of r.members) if (r.kind === 'direct') expect(r.messages.some((x) => x.by === m), `${where}: ${m} says nothing`);
}

const everyone = new Map();
unique(world.companies.map((c) => c.domain), 'companies');
for (const c of world.companies) {
  only(c, ['domain', 'name', 'country', 'timeZone', 'logo', 'teams', 'members', 'contacts', 'rooms'], c.domain);
  expect(/^[a-z0-9-]+\.example$/.test(c.domain), `${c.domain}: not under .example`);
  text(c.name, 60, `${c.domain} name`);
  new Intl.DateTimeFormat('en', { timeZone: c.timeZone });
  picture('logos', c.logo, 12 * 1024);
  const teams = c.teams.map((t) => t.name);
  unique(teams, `${c.domain} teams`);
  expect(teams.length >= 5 && teams.length <= 6, `${c.domain}: ${teams.length} teams`);
  for (const t of teams) { text(t, 60, `${c.domain} team`); expect(c.members.some((m) => m.teams.includes(t)), `${c.domain}: nobody in ${t}`); }
  for (const field of ['handle', 'email', 'phone']) unique(c.members.map((m) => m[field]), `${c.domain} ${field}`);
  unique(c.members.map((m) => m.photo).filter(Boolean), `${c.domain} photo`);
  for (const m of c.members) {
    counts.members++;
    const where = `${m.handle}@${c.domain}`;
    everyone.set(where, m);
    only(m, ['handle', 'name', 'nickname', 'title', 'role', 'teams', 'email', 'phone', 'language', 'photo'], where);
    expect(/^[a-z][a-z0-9]*$/.test(m.handle), `${where}: handle`);
    text(m.name, 60, `${where} name`); text(m.nickname, 60, `${where} nickname`); text(m.title, 100, `${where} title`);
    expect(!/\p{Extended_Pictographic}/u.test(m.name) && !/\bLINE\b/i.test(m.name), `${where}: emoji or LINE in the name could not be granted`);
    expect(['owner', 'security', 'auditor', 'member'].includes(m.role), `${where}: role ${m.role}`);
    expect(['ja', 'en', 'ko'].includes(m.language), `${where}: language ${m.language}`);
    expect(m.email === where, `${where}: email ${m.email}`);
    expect((c.country === 'CA' ? /^\+141655501\d\d$/ : /^\+8135555\d{4}$/).test(m.phone), `${where}: phone ${m.phone}`);
    expect(m.teams.length > 0, `${where}: in no team`);
    for (const t of m.teams) expect(teams.includes(t), `${where}: no team ${t}`);
    if (m.photo !== null) picture('photos', m.photo, 12 * 1024);
  }
  for (const role of ['owner', 'security', 'auditor']) expect(c.members.filter((m) => m.role === role).length === 1, `${c.domain}: not exactly one ${role}`);
  const names = c.members.map((m) => m.name);
  const twins = c.members.filter((m) => names.filter((n) => n === m.name).length === 2);
  expect(twins.length === 2 && twins[0]?.title !== twins[1]?.title, `${c.domain}: exactly two people share a name and differ in title`);
  for (const k of c.contacts) {
    const where = `${c.domain} contact ${k.name}`;
    counts.contacts++;
    only(k, ['owner', 'name', 'companyName', 'emails', 'phones', 'memo', 'tags', 'share'], where);
    expect(c.members.some((m) => m.handle === k.owner), `${where}: nobody is called ${k.owner}`);
    text(k.name, 60, `${where} name`); text(k.companyName, 60, `${where} company`);
    for (const e of k.emails) expect(/^[a-z.]+@[a-z-]+\.example$/.test(e), `${where}: e-mail ${e}`);
    for (const n of k.phones) expect(/^\+1 416-555-01\d\d$|^\+81 3-5555-01\d\d$/.test(n), `${where}: phone ${n}`);
    for (const t of k.tags) text(t, 30, `${where} tag`);
    expect(k.share === null || k.share === 'company' || teams.includes(k.share), `${where}: shared with ${k.share}`);
  }
  c.rooms.forEach((r, i) => room(r, new Set(c.members.map((m) => m.handle)), `${c.domain} room ${i + 1}`));
}
const photos = new Set([...everyone.values()].map((m) => m.photo).filter(Boolean));
for (const f of readdirSync(join(HERE, 'photos'))) expect(photos.has(f.replace(/\.png$/, '')), `photos/${f} belongs to nobody`);
for (const [handle, name] of [['mina@hana.example', 'Mina Sato'], ['leo@borealis.example', 'Leo Tremblay'], ['claire@borealis.example', 'Claire Gagnon']]) expect(everyone.get(handle)?.name === name, `${handle} must be ${name}`);

const { connected } = world;
only(connected, ['grants', 'contacts', 'rooms'], 'connected');
const granted = new Set();
for (const [domain, handles] of Object.entries(connected.grants)) { unique(handles, `grants ${domain}`); for (const h of handles) { expect(everyone.has(`${h}@${domain}`), `grants: nobody is called ${h}@${domain}`); granted.add(`${h}@${domain}`); } }
const links = new Set();
for (const k of connected.contacts) {
  const { owner, outsider } = k;
  only(k, ['owner', 'outsider', 'tags', 'share'], `contact ${owner} > ${outsider}`);
  for (const t of k.tags) text(t, 30, `contact ${owner} > ${outsider} tag`);
  expect(k.share === null || k.share === 'company', `contact ${owner} > ${outsider}: shared with ${k.share}`);
  expect(granted.has(owner) && granted.has(outsider), `contact ${owner} > ${outsider}: both need a grant`);
  expect(owner.split('@')[1] !== outsider.split('@')[1], `contact ${owner} > ${outsider}: same company`);
  links.add([owner, outsider].sort().join('+'));
}
connected.rooms.forEach((r, i) => {
  room(r, granted, `connected room ${i + 1}`);
  if (r.kind === 'direct') expect(links.has([...r.members].sort().join('+')), `connected room ${i + 1}: a direct room without a contact`);
  else for (const m of r.members) expect(r.members.some((o) => links.has([m, o].sort().join('+')) || o.split('@')[1] === m.split('@')[1] && o !== m), `connected room ${i + 1}: nobody could have brought ${m} in`);
});

for (const f of faults) console.error(f);
console.log(`${counts.members} members, ${counts.contacts} contacts, ${counts.rooms} rooms, ${counts.messages} messages, ${photos.size} photos: ${faults.length ? `${faults.length} faults` : 'in order'}`);
process.exit(faults.length ? 1 : 0);
