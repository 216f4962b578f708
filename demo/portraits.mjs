#!/usr/bin/env node
// Draws the portraits and company logos of the demo world.
//
//   node demo/portraits.mjs            writes demo/photos/*.png and demo/logos/*.png
//   node demo/portraits.mjs --sheet F  writes one contact sheet (circle-cropped, several sizes) to F as well
//   node demo/portraits.mjs --svg DIR  writes the SVG sources to DIR as well
//
// Every picture is drawn by the code below (no photographs, no third-party artwork). A picture depends only on its
// key and on the row of PEOPLE with that key. Chromium turns the SVGs into pixels (CHROMIUM=/path/to/chromium);
// this script cuts its one big screenshot apart and writes small palette PNGs.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import zlib from 'node:zlib';

const HERE = dirname(fileURLToPath(import.meta.url));
const SIZE = 256;

// ---------------------------------------------------------------------------------------------- palettes

const SKIN = {
  porcelain: ['#f8dcc6', '#e9bda1'], light: ['#f3cfb1', '#dfab88'], warm: ['#ebc09a', '#d29b73'],
  honey: ['#dba97c', '#bd8558'], tan: ['#c58d60', '#a56e45'], brown: ['#9b6642', '#7c4d2f'], deep: ['#704630', '#553220'],
};
const HAIR = {
  black: ['#26242b', '#3b3842'], ink: ['#2c2a3a', '#434058'], espresso: ['#3d2b25', '#573f36'],
  brown: ['#5f4030', '#7b5641'], chestnut: ['#7c4a30', '#9a6244'], auburn: ['#94502f', '#b06a44'],
  sand: ['#b98d5a', '#d0a874'], blond: ['#d6ae6e', '#e6c68e'], grey: ['#8f9299', '#a9acb3'], silver: ['#bfc2c7', '#d4d7db'],
};
const BACKGROUND = ['#cfe3e2', '#f4d9c6', '#d9dcf0', '#dfe8c9', '#f2dfe3', '#f5e5b8', '#cadcec', '#e6dccf', '#d3e6d4', '#e4d7ea'];
const CLOTH = ['#2f4858', '#33658a', '#5b7f6b', '#a4553f', '#7a5c85', '#c08a3e', '#4d5d7a', '#8b4a5e', '#3f6f73', '#6b6f56'];

// Optional fields: skin, hair [style, colour], face (oval|round|square|long), eyes (dot|wide|smile), brows (soft|straight|bold),
// mouth (smile|grin|calm), glasses (round|square|half), beard (short|full|goatee|moustache|stubble), head (hijab|turban|beanie),
// wear (crew|shirt|blazer|hoodie|turtle|vneck|vest|cardigan|parka), cloth, under, bg, lips, earrings, freckles, age.
const PEOPLE = {
  'hana-aiko': { skin: 'light', hair: ['bobside', 'ink'], face: 'oval', wear: 'blazer', cloth: '#31405c', under: '#f6efe6', bg: '#f2dfe3', lips: '#b9534f', earrings: '#f4ead8', age: 1 },
  'hana-haruto': { skin: 'light', hair: ['sidepart', 'black'], face: 'long', glasses: 'square', wear: 'shirt', cloth: '#dfe7ee', bg: '#cadcec', brows: 'straight' },
  'hana-sachiko': { skin: 'porcelain', hair: ['bob', 'grey'], face: 'round', glasses: 'half', wear: 'turtle', cloth: '#6d4a63', bg: '#e6dccf', lips: '#b0605c', age: 1, mouth: 'calm' },
  'hana-mina': { skin: 'light', hair: ['long', 'espresso'], face: 'oval', wear: 'cardigan', cloth: '#d98e4a', under: '#fbf6ec', bg: '#cfe3e2', mouth: 'grin', lips: '#c05a55' },
  'hana-kenji': { skin: 'warm', hair: ['crop', 'black'], face: 'square', wear: 'blazer', cloth: '#3c4047', under: '#f4f4f2', bg: '#dfe8c9', brows: 'bold', tie: '#8b3f3a', age: 1 },
  'hana-yui': { skin: 'porcelain', hair: ['ponytail', 'chestnut'], face: 'round', wear: 'vneck', cloth: '#4f7f76', under: '#ffffff', bg: '#f5e5b8', eyes: 'wide', mouth: 'grin', lips: '#cf6a66' },
  'hana-misaki': { skin: 'light', hair: ['bun', 'black'], face: 'oval', glasses: 'round', wear: 'shirt', cloth: '#b8cfe0', bg: '#e4d7ea', lips: '#bb5c58' },
  'hana-daichi': { skin: 'honey', hair: ['spiky', 'black'], face: 'square', wear: 'vest', cloth: '#e08b32', under: '#3b4a5d', bg: '#d9dcf0', brows: 'bold', beard: 'stubble' },
  'hana-jihoon': { skin: 'porcelain', hair: ['fringe', 'espresso'], face: 'long', wear: 'hoodie', cloth: '#55606f', bg: '#d3e6d4' },
  'hana-seoyeon': { skin: 'porcelain', hair: ['longbangs', 'brown'], face: 'oval', wear: 'turtle', cloth: '#e7dccb', bg: '#cadcec', lips: '#cb5e5e', eyes: 'wide' },
  'hana-sayuri': { skin: 'light', hair: ['waves', 'chestnut'], face: 'oval', wear: 'blazer', cloth: '#7b8f5c', under: '#fdf8ee', bg: '#f4d9c6', lips: '#b9544f', earrings: '#d9b154' },
  'hana-tomoko': { skin: 'warm', hair: ['pixie', 'espresso'], face: 'round', wear: 'cardigan', cloth: '#8b4a5e', under: '#f3e7da', bg: '#dfe8c9', glasses: 'round', lips: '#a8524c', age: 1, eyes: 'smile' },
  'hana-hinata': { skin: 'porcelain', hair: ['bobbangs', 'black'], face: 'round', wear: 'crew', cloth: '#f0c24f', bg: '#d9dcf0', lips: '#d07470', mouth: 'grin' },
  'hana-kaede': { skin: 'light', hair: ['lowbun', 'auburn'], face: 'oval', wear: 'vneck', cloth: '#a4553f', under: '#f8eee2', bg: '#cfe3e2', lips: '#b4524c', freckles: true },
  'hana-shigeru': { skin: 'warm', hair: ['receding', 'silver'], face: 'square', wear: 'cardigan', cloth: '#6b6f56', under: '#efe9db', bg: '#e6dccf', beard: 'moustache', eyes: 'smile', age: 2 },
  'hana-sho': { skin: 'honey', hair: ['quiff', 'black'], face: 'oval', wear: 'shirt', cloth: '#86a8bf', bg: '#f4d9c6', mouth: 'grin' },
  'hana-kakeru': { skin: 'warm', hair: ['crop', 'ink'], face: 'round', head: 'beanie', headCloth: '#3f6f73', wear: 'parka', cloth: '#4d5d7a', under: '#c9b48f', bg: '#f5e5b8', beard: 'stubble' },
  'hana-emily': { skin: 'porcelain', hair: ['waves', 'blond'], face: 'long', wear: 'blazer', cloth: '#2f6f78', under: '#fff8ee', bg: '#f2dfe3', freckles: true, mouth: 'grin', lips: '#c25e58' },
  'hana-rafael': { skin: 'tan', hair: ['curls', 'espresso'], face: 'square', wear: 'crew', cloth: '#5b7f6b', bg: '#f5e5b8', beard: 'short', mouth: 'grin' },
  'hana-siti': { skin: 'tan', head: 'hijab', headCloth: '#8c6a93', face: 'round', wear: 'crew', cloth: '#574562', bg: '#d3e6d4', lips: '#a34c48' },

  'borealis-claire': { skin: 'porcelain', hair: ['bobside', 'silver'], face: 'oval', wear: 'blazer', cloth: '#2d4f63', under: '#f5f1ea', bg: '#d9dcf0', lips: '#b04e4c', earrings: '#d9b154', age: 1, mouth: 'grin' },
  'borealis-devika': { skin: 'brown', hair: ['long', 'black'], face: 'oval', glasses: 'square', wear: 'vneck', cloth: '#3f6f73', under: '#e9e2d6', bg: '#f4d9c6', lips: '#8a3d3c', brows: 'straight' },
  'borealis-gordon': { skin: 'light', hair: ['bald', 'silver'], face: 'square', glasses: 'half', beard: 'full', wear: 'shirt', cloth: '#c9cfd8', bg: '#dfe8c9', age: 2, mouth: 'calm', tie: '#45617a' },
  'borealis-leo': { skin: 'light', hair: ['quiff', 'chestnut'], face: 'oval', beard: 'short', wear: 'crew', cloth: '#33658a', bg: '#f5e5b8', mouth: 'grin' },
  'borealis-amelie': { skin: 'light', hair: ['pixie', 'auburn'], face: 'oval', wear: 'turtle', cloth: '#2f3a4a', bg: '#cfe3e2', lips: '#c0433f', earrings: '#e8ddcb', freckles: true },
  'borealis-marc': { skin: 'warm', hair: ['sidepart', 'grey'], face: 'long', wear: 'blazer', cloth: '#59616c', under: '#e7eef4', bg: '#e6dccf', beard: 'stubble', age: 1, brows: 'bold' },
  'borealis-siku': { skin: 'honey', hair: ['braids', 'black'], face: 'round', wear: 'parka', cloth: '#7d3f4a', under: '#e9dfcf', bg: '#cadcec', eyes: 'smile', lips: '#a5504b' },
  'borealis-daniel': { skin: 'light', hair: ['fringe', 'black'], face: 'square', wear: 'vest', cloth: '#d7c23c', under: '#4a5563', bg: '#d3e6d4', glasses: 'square' },
  'borealis-grace': { skin: 'warm', hair: ['bob', 'black'], face: 'oval', wear: 'shirt', cloth: '#e9e3f0', bg: '#f2dfe3', lips: '#b4504e', glasses: 'round', mouth: 'grin' },
  'borealis-harpreet': { skin: 'tan', head: 'turban', headCloth: '#2f5f8a', hair: ['none', 'black'], face: 'square', beard: 'full', wear: 'shirt', cloth: '#c8b08a', bg: '#f4d9c6', brows: 'bold' },
  'borealis-priya': { skin: 'tan', hair: ['lowbun', 'black'], face: 'oval', wear: 'cardigan', cloth: '#b3574a', under: '#f6e6c8', bg: '#e4d7ea', lips: '#933f3e', earrings: '#d9b154', eyes: 'wide' },
  'borealis-fatima': { skin: 'warm', head: 'hijab', headCloth: '#3f7474', face: 'oval', wear: 'blazer', cloth: '#35414f', under: '#3f7474', bg: '#f5e5b8', lips: '#ad4f4b', mouth: 'grin' },
  'borealis-sarah': { skin: 'porcelain', hair: ['longbangs', 'black'], face: 'oval', wear: 'blazer', cloth: '#8a7a66', under: '#ffffff', bg: '#d3e6d4', lips: '#c05752' },
  'borealis-tyrell': { skin: 'deep', hair: ['fade', 'black'], face: 'square', beard: 'short', wear: 'hoodie', cloth: '#c07a35', bg: '#cadcec', mouth: 'grin' },
  'borealis-ngozi': { skin: 'deep', hair: ['afro', 'black'], face: 'oval', wear: 'vneck', cloth: '#d9a441', under: '#fff4df', bg: '#dfe8c9', lips: '#7e3435', earrings: '#e4bd5b', mouth: 'grin' },
  'borealis-tomasz': { skin: 'porcelain', hair: ['manbun', 'sand'], face: 'long', beard: 'full', wear: 'crew', cloth: '#6b5b78', bg: '#e6dccf', glasses: 'square' },
};

// ------------------------------------------------------------------------------------------------ helpers

function randomOf(key) {
  let h = 2166136261;
  for (const c of key) h = Math.imul(h ^ c.codePointAt(0), 16777619) >>> 0;
  return () => {
    h = (h + 0x6d2b79f5) >>> 0;
    let t = Math.imul(h ^ (h >>> 15), h | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
const pick = (random, list) => list[Math.floor(random() * list.length)];
function mix(a, b, t) {
  const p = (s) => [1, 3, 5].map((i) => parseInt(s.slice(i, i + 2), 16));
  const [x, y] = [p(a), p(b)];
  return '#' + x.map((v, i) => Math.round(v + (y[i] - v) * t).toString(16).padStart(2, '0')).join('');
}
const darker = (c, t = 0.18) => mix(c, '#1d1b2a', t);
const lighter = (c, t = 0.2) => mix(c, '#ffffff', t);

// ----------------------------------------------------------------------------------------------- portrait
// The drawing: head centred on x = 128, crown at y = 62, chin at y = 172, shoulders from y = 196.

const FACES = { // half width at the temples, jaw drop, chin half width
  oval: { w: 45, jaw: 38, chin: 25, bottom: 172 }, round: { w: 47, jaw: 42, chin: 30, bottom: 169 },
  square: { w: 46, jaw: 46, chin: 34, bottom: 172 }, long: { w: 43, jaw: 42, chin: 25, bottom: 175 },
};

function facePath({ w, jaw, chin, bottom }) {
  const [l, r] = [128 - w, 128 + w];
  return `M${l} 110C${l} 78 101 60 128 60C155 60 ${r} 78 ${r} 110C${r} ${110 + jaw} ${128 + chin} ${bottom} 128 ${bottom}C${128 - chin} ${bottom} ${l} ${110 + jaw} ${l} 110Z`;
}

const SHOULDERS = 'M26 262C28 222 60 208 104 195C112 204 144 204 152 195C196 208 228 222 230 262Z';

function body(p) {
  const c = p.cloth;
  const shade = darker(c, 0.2);
  const under = p.under ?? '#ffffff';
  const base = (fill) => `<path d="${SHOULDERS}" fill="${fill}"/>`;
  const neckSkin = `<path d="M104 195C108 216 148 216 152 195Z" fill="${p.skin[0]}"/>`;
  switch (p.wear) {
    case 'shirt':
      return base(c) + neckSkin +
        `<path d="M128 216L102 194L94 203L112 230Z" fill="${lighter(c, 0.35)}"/><path d="M128 216L154 194L162 203L144 230Z" fill="${lighter(c, 0.35)}"/>` +
        (p.tie ? `<path d="M121 215H135L132 226H124Z" fill="${darker(p.tie)}"/><path d="M124 226H132L138 262H118Z" fill="${p.tie}"/>`
          : `<path d="M128 217V262" stroke="${shade}" stroke-width="2" opacity=".5"/><circle cx="128" cy="236" r="2.2" fill="${shade}"/>`);
    case 'blazer':
      return base(c) + `<path d="M104 195L128 262L152 195C148 204 108 204 104 195Z" fill="${under}"/>` + neckSkin +
        (p.tie ? `<path d="M128 214L104 194L99 204L114 224Z" fill="${under}"/><path d="M128 214L152 194L157 204L142 224Z" fill="${under}"/><path d="M122 214H134L131 223H125Z" fill="${darker(p.tie)}"/><path d="M125 223H131L136 262H120Z" fill="${p.tie}"/>` : '') +
        `<path d="M102 195L90 201L86 226L98 228L95 236L128 262Z" fill="${lighter(c, 0.1)}"/><path d="M154 195L166 201L170 226L158 228L161 236L128 262Z" fill="${lighter(c, 0.1)}"/>`;
    case 'hoodie':
      return `<path d="M84 204C84 178 172 178 172 204L160 226H96Z" fill="${shade}"/>` + base(c) + neckSkin +
        `<path d="M100 194C96 222 160 222 156 194C170 200 172 214 160 226C148 236 108 236 96 226C84 214 86 200 100 194Z" fill="${lighter(c, 0.12)}"/>` +
        `<path d="M114 231V252M142 231V248" stroke="${lighter(c, 0.65)}" stroke-width="3" stroke-linecap="round"/>`;
    case 'turtle':
      return base(c) + `<path d="M104 178C112 186 144 186 152 178L155 204C146 213 110 213 101 204Z" fill="${lighter(c, 0.1)}"/><path d="M102 199C112 208 144 208 154 199" stroke="${shade}" stroke-width="2" fill="none" opacity=".45"/>`;
    case 'vneck':
      return base(c) + `<path d="M100 196L128 244L156 196C148 204 108 204 100 196Z" fill="${under}"/>` + neckSkin +
        `<path d="M98 197L128 247L158 197" fill="none" stroke="${shade}" stroke-width="4" stroke-linejoin="round"/>`;
    case 'vest':
      return base(under) + neckSkin + `<path d="M128 216L104 194L98 202L113 226Z" fill="${lighter(under, 0.18)}"/><path d="M128 216L152 194L158 202L143 226Z" fill="${lighter(under, 0.18)}"/>` +
        `<path d="M90 200C76 205 64 210 56 215L62 262H122V240Z" fill="${c}"/><path d="M166 200C180 205 192 210 200 215L194 262H134V240Z" fill="${c}"/>` +
        `<path d="M74 207L80 262H92L84 203Z" fill="#eef0e6"/><path d="M182 207L176 262H164L172 203Z" fill="#eef0e6"/>`;
    case 'cardigan':
      return base(c) + `<path d="M98 197C100 232 118 250 122 262H134C138 250 156 232 158 197C148 205 108 205 98 197Z" fill="${under}"/>` + neckSkin +
        `<path d="M97 197C99 232 117 250 121 262" fill="none" stroke="${shade}" stroke-width="4"/><path d="M159 197C157 232 139 250 135 262" fill="none" stroke="${shade}" stroke-width="4"/>`;
    case 'parka':
      return base(c) + `<path d="M84 208C82 188 100 178 107 184C110 208 146 208 149 184C156 178 174 188 172 208C170 230 150 236 128 236C106 236 86 230 84 208Z" fill="${under}"/>` +
        `<path d="M98 206C104 222 152 222 158 206" fill="none" stroke="${darker(under, 0.14)}" stroke-width="3" stroke-linecap="round"/>` +
        `<path d="M128 234V262" stroke="${shade}" stroke-width="3"/>`;
    default: // crew
      return base(c) + neckSkin + `<path d="M102 195C106 219 150 219 154 195" fill="none" stroke="${lighter(c, 0.16)}" stroke-width="6"/>`;
  }
}

// Hair: what lies behind the head, and what lies on it. Both are drawn around the same skull outline.
const SKULL = 'M80 122C72 72 98 46 128 46C158 46 184 72 176 122';
const FRONT = {
  sidepart: `${SKULL}L171 114C171 98 166 90 158 85C138 92 114 90 99 80C90 88 86 98 85 114Z`,
  center: `${SKULL}L172 118C170 98 154 86 128 72C102 86 86 98 84 118Z`,
  bangs: `${SKULL}L172 116C173 108 172 103 170 99C150 106 106 106 86 99C84 103 83 108 84 116Z`,
  crop: 'M82 112C76 74 98 50 128 50C158 50 180 74 174 112L170 110C171 98 168 92 164 88C150 80 106 80 92 88C88 92 85 98 86 110Z',
  receding: 'M83 118C76 78 92 58 112 54C124 51 140 51 148 55C166 60 180 80 173 118L170 112C170 98 164 88 154 84C150 76 142 72 128 74C114 72 106 76 102 84C92 88 86 98 86 112Z',
  spiky: 'M82 112C76 84 82 66 92 60L94 50L106 54L116 42L126 50L140 40L146 51L160 48L162 60C176 68 180 88 174 112L170 110C171 98 168 92 164 88L154 92L148 84L136 91L126 83L114 91L106 84L92 90C88 94 85 98 86 110Z',
  fringe: `${SKULL}L172 112C172 104 170 99 166 96C158 102 150 98 146 92C140 102 126 104 116 94C112 102 98 106 88 98C86 102 84 106 84 112Z`,
  quiff: 'M82 112C77 88 80 72 90 64C92 48 112 38 136 40C160 42 178 60 175 112L170 110C171 98 168 90 162 86C150 88 126 86 104 74C94 82 86 94 86 110Z',
  pixie: 'M80 126C72 74 98 46 128 46C158 46 184 70 177 126L171 124C172 108 168 100 160 92C140 104 112 106 94 94C88 102 86 112 87 126Z',
  sweep: `${SKULL}L171 120C170 104 162 96 150 90C132 86 116 82 104 72C94 82 86 96 85 120Z`,
  slick: 'M82 116C76 74 98 48 128 48C158 48 180 74 174 116L170 112C170 94 154 76 128 76C102 76 86 94 86 112Z',
};

function hairBack(p) {
  const [c] = p.hairColour;
  const d = darker(c, 0.22);
  switch (p.style) {
    case 'long': case 'longbangs':
      return `<path d="M74 112C66 62 98 44 128 44C158 44 190 62 182 112C184 152 188 190 200 222C176 236 80 236 56 222C68 190 72 152 74 112Z" fill="${d}"/>`;
    case 'waves':
      return `<path d="M74 104C66 62 98 42 128 42C158 42 190 62 182 104C196 118 178 132 190 148C204 164 186 176 198 194C206 212 190 226 170 222H86C66 226 50 212 58 194C70 176 52 164 66 148C78 132 60 118 74 104Z" fill="${d}"/>`;
    case 'bob': case 'bobside': case 'bobbangs':
      return `<path d="M74 112C66 62 98 44 128 44C158 44 190 62 182 112C187 138 188 160 182 178C166 186 90 186 74 178C68 160 69 138 74 112Z" fill="${d}"/>`;
    case 'ponytail':
      return `<path d="M160 66C196 62 214 96 206 132C202 156 208 172 196 190C182 186 180 168 182 148C184 120 178 100 158 88Z" fill="${d}"/>`;
    case 'bun':
      return `<circle cx="128" cy="40" r="23" fill="${d}"/>`;
    case 'manbun':
      return `<circle cx="128" cy="44" r="16" fill="${d}"/>`;
    case 'lowbun':
      return `<circle cx="172" cy="164" r="19" fill="${d}"/><path d="M163 156C170 150 180 154 182 162" fill="none" stroke="${p.hairColour[1]}" stroke-width="3" stroke-linecap="round" opacity=".6"/>`;
    case 'afro':
      return [[128, 80, 52], [86, 90, 31], [170, 90, 31], [78, 120, 24], [178, 120, 24], [102, 64, 30], [154, 64, 30], [82, 146, 18], [174, 146, 18]]
        .map(([x, y, r]) => `<circle cx="${x}" cy="${y}" r="${r}" fill="${c}"/>`).join('');
    case 'braids':
      return `<path d="M76 108C70 62 98 44 128 44C158 44 186 62 180 108V140H76Z" fill="${d}"/>`;
    default:
      return '';
  }
}

function hairFront(p) {
  const [c, hi] = p.hairColour;
  const fill = (d) => `<path d="${d}" fill="${c}"/>`;
  const shine = (d, w = 5) => `<path d="${d}" fill="none" stroke="${hi}" stroke-width="${w}" stroke-linecap="round" opacity=".75"/>`;
  switch (p.style) {
    case 'none': return '';
    case 'bald':
      return `<path d="M82 124C78 108 80 96 87 88C90 98 90 110 87 124Z" fill="${c}"/><path d="M174 124C178 108 176 96 169 88C166 98 166 110 169 124Z" fill="${c}"/>`;
    case 'long': return fill(FRONT.center) + fill('M76 110C72 140 74 170 68 196C82 190 90 170 86 116Z') + fill('M180 110C184 140 182 170 188 196C174 190 166 170 170 116Z') + shine('M96 74C104 64 112 60 120 58');
    case 'longbangs': return fill(FRONT.bangs) + fill('M76 106C72 140 74 172 70 204C84 192 90 160 86 108Z') + fill('M180 106C184 140 182 172 186 204C172 192 166 160 170 108Z') + shine('M98 78C112 68 144 68 158 78', 4);
    case 'waves': return fill(FRONT.sweep) + fill('M76 108C68 124 84 136 74 154C70 166 78 176 84 170C92 156 88 136 87 114Z') + fill('M180 108C188 124 172 136 182 154C186 166 178 176 172 170C164 156 168 136 169 114Z') + shine('M112 64C124 74 146 78 160 84');
    case 'bob': return fill(FRONT.center) + fill('M76 108C70 136 72 158 76 174C86 170 90 146 86 114Z') + fill('M180 108C186 136 184 158 180 174C170 170 166 146 170 114Z') + shine('M94 80C100 70 108 64 116 62');
    case 'bobside': return fill(FRONT.sweep) + fill('M76 108C70 136 72 158 76 174C86 170 90 146 86 114Z') + fill('M180 108C186 136 184 158 180 174C170 170 166 146 170 114Z') + shine('M114 62C126 72 148 76 162 86');
    case 'bobbangs': return fill(FRONT.bangs) + fill('M76 106C70 136 72 158 76 174C86 170 90 146 86 106Z') + fill('M180 106C186 136 184 158 180 174C170 170 166 146 170 106Z') + shine('M98 78C112 68 144 68 158 78', 4);
    case 'ponytail': return fill(FRONT.sweep) + shine('M112 62C124 70 142 74 158 82') ;
    case 'bun': return fill(FRONT.slick) + shine('M102 66C110 60 118 57 126 56', 4) + shine('M116 33C120 28 126 26 132 26', 4);
    case 'manbun': return fill(FRONT.slick) + shine('M102 66C110 60 118 57 126 56', 4);
    case 'lowbun': return fill(FRONT.center) + shine('M96 76C104 66 112 62 120 60', 4);
    case 'afro': return fill('M82 114C78 78 100 58 128 58C156 58 178 78 174 114C170 98 164 90 154 86C138 80 118 80 102 86C92 90 86 98 82 114Z');
    case 'braids': return fill(FRONT.center) + shine('M96 76C104 66 112 62 120 60', 4) +
      [-1, 1].map((s) => [148, 166, 184, 202, 219].map((y, i) => `<ellipse cx="${128 + s * (51 + i * 1.5)}" cy="${y}" rx="${10 - i * 0.6}" ry="11" fill="${i % 2 ? hi : c}"/>`).join('') +
        `<rect x="${128 + s * 58 - 6}" y="228" width="12" height="6" rx="2" fill="#c8553f"/>` + `<ellipse cx="${128 + s * 58}" cy="240" rx="6" ry="9" fill="${c}"/>`).join('') +
      fill('M78 108C72 126 72 140 74 150H84C86 136 86 124 85 112Z') + fill('M178 108C184 126 184 140 182 150H172C170 136 170 124 171 112Z');
    case 'curls': return [[92, 76, 15], [106, 62, 17], [128, 57, 18], [150, 62, 17], [164, 76, 15], [85, 94, 11], [171, 94, 11], [112, 76, 14], [144, 76, 14], [128, 74, 15]]
      .map(([x, y, r], i) => `<circle cx="${x}" cy="${y}" r="${r}" fill="${i % 3 === 1 ? mix(c, hi, 0.45) : c}"/>`).join('') ;
    case 'fade': return `<path d="M83 112C78 78 100 56 128 56C156 56 178 78 173 112L170 108C170 98 168 92 164 88C152 82 104 82 92 88C88 92 86 98 86 108Z" fill="${mix(c, p.skin[0], 0.3)}"/>` + fill('M90 88C90 62 106 52 128 52C150 52 166 62 166 88C150 82 106 82 90 88Z');
    case 'sidepart': return fill(FRONT.sidepart) + shine('M104 68C120 78 142 80 160 76', 4);
    case 'quiff': return fill(FRONT.quiff) + shine('M106 58C122 50 144 52 156 64', 5);
    case 'pixie': return fill(FRONT.pixie) + shine('M104 66C118 78 140 80 158 76', 4);
    case 'crop': return fill(FRONT.crop) + shine('M104 66C114 61 126 59 136 60', 4);
    default: return fill(FRONT[p.style] ?? FRONT.crop);
  }
}

function headwear(p) {
  const c = p.headCloth;
  const d = darker(c, 0.2);
  const l = lighter(c, 0.14);
  if (p.head === 'hijab') {
    return {
      back: `<path d="M68 122C58 66 94 38 128 38C162 38 198 66 188 122C190 160 196 192 212 222C180 246 76 246 44 222C60 192 66 160 68 122Z" fill="${d}"/>`,
      front: `<path fill-rule="evenodd" d="M70 122C62 70 96 42 128 42C160 42 194 70 186 122C186 150 182 170 174 184C200 196 208 212 212 228C176 250 96 250 52 226C58 208 66 194 82 184C74 170 70 150 70 122ZM128 73C102 73 87 92 87 118C87 148 104 172 128 172C152 172 169 148 169 118C169 92 154 73 128 73Z" fill="${c}"/>` +
        `<path d="M84 182C108 204 150 206 186 192M176 176C150 204 104 214 62 214" fill="none" stroke="${d}" stroke-width="3" stroke-linecap="round" opacity=".55"/>` +
        `<path d="M90 76C100 60 116 54 132 54" fill="none" stroke="${l}" stroke-width="5" stroke-linecap="round"/>`,
    };
  }
  if (p.head === 'turban') {
    return {
      back: '',
      front: `<path d="M78 106C62 78 76 34 128 30C180 34 194 78 178 106C172 94 152 84 128 74C104 84 84 94 78 106Z" fill="${c}"/>` +
        `<path d="M128 74C104 84 84 94 78 106C68 90 70 70 80 56C88 72 106 76 128 74Z" fill="${d}"/><path d="M128 74C152 84 172 94 178 106C188 90 186 70 176 56C168 72 150 76 128 74Z" fill="${l}"/>` +
        `<path d="M86 50C96 64 112 70 128 70C144 70 160 64 170 50M98 40C106 52 118 56 128 56C138 56 150 52 158 40" fill="none" stroke="${d}" stroke-width="3" stroke-linecap="round" opacity=".7"/>`,
    };
  }
  if (p.head === 'beanie') {
    return {
      back: '',
      front: `<path d="M80 88C76 48 100 30 128 30C156 30 180 48 176 88Z" fill="${c}"/><rect x="75" y="72" width="106" height="23" rx="11" fill="${l}"/>` +
        `<path d="M92 76V91M106 75V92M120 75V92M136 75V92M150 75V92M164 76V91" stroke="${c}" stroke-width="2.5" stroke-linecap="round"/>`,
    };
  }
  return { back: '', front: '' };
}

function features(p) {
  const ink = '#2b2530';
  const line = darker(p.skin[1], 0.28);
  const browColour = p.hairColour && !['silver', 'blond', 'grey'].includes(p.hairName) ? darker(p.hairColour[0], 0.1) : darker(p.hairColour?.[0] ?? '#4b4045', 0.3);
  let s = '';
  const cheek = mix(p.skin[0], '#d4504a', 0.28);
  s += `<ellipse cx="102" cy="139" rx="9" ry="6" fill="${cheek}" opacity=".55"/><ellipse cx="154" cy="139" rx="9" ry="6" fill="${cheek}" opacity=".55"/>`;
  if (p.freckles) s += [[98, 134], [104, 138], [110, 134], [146, 134], [152, 138], [158, 134]].map(([x, y]) => `<circle cx="${x}" cy="${y}" r="1.4" fill="${p.skin[1]}"/>`).join('');
  // Brows
  const bw = p.brows === 'bold' ? 5 : 3.6;
  const brow = p.brows === 'straight' ? ['M99 105C105 102 111 102 117 104', 'M157 105C151 102 145 102 139 104'] : ['M99 106C104 101 111 100 117 103', 'M157 106C152 101 145 100 139 103'];
  s += brow.map((d) => `<path d="${d}" fill="none" stroke="${browColour}" stroke-width="${bw}" stroke-linecap="round"/>`).join('');
  // Eyes
  for (const x of [109, 147]) {
    if (p.eyes === 'smile') s += `<path d="M${x - 7} 120C${x - 4} 114 ${x + 4} 114 ${x + 7} 120" fill="none" stroke="${ink}" stroke-width="3.4" stroke-linecap="round"/>`;
    else {
      const [rx, ry] = p.eyes === 'wide' ? [4.6, 5.6] : [4.2, 5];
      s += `<ellipse cx="${x}" cy="118" rx="${rx}" ry="${ry}" fill="${ink}"/><circle cx="${x + 1.5}" cy="116" r="1.5" fill="#fff"/>`;
      if (p.lips) s += `<path d="M${x - 6.5} 115.5C${x - 3} 111 ${x + 3} 111 ${x + 6.5} 115.5" fill="none" stroke="${ink}" stroke-width="2.2" stroke-linecap="round"/>`;
    }
  }
  if (p.age) {
    s += `<path d="M101 128C105 130.5 111 130.5 115 129M141 129C145 130.5 151 130.5 155 128" fill="none" stroke="${line}" stroke-width="1.8" stroke-linecap="round" opacity=".4"/>`;
    if (p.age > 1) s += `<path d="M106 148C104 144 106 139 109 136M150 148C152 144 150 139 147 136" fill="none" stroke="${line}" stroke-width="1.8" stroke-linecap="round" opacity=".4"/>`;
  }
  // Nose
  s += `<path d="M127 122C125 129 123 134 125 136.5C127 138 130 138 132 136.5" fill="none" stroke="${line}" stroke-width="2.6" stroke-linecap="round" stroke-linejoin="round" opacity=".75"/>`;
  return s;
}

function mouth(p) {
  const line = p.lips ?? darker(p.skin[1], 0.42);
  if (p.mouth === 'grin') {
    return `<path d="M111 146C117 150 139 150 145 146C143 158 136 162 128 162C120 162 113 158 111 146Z" fill="#fff" stroke="${line}" stroke-width="2.8" stroke-linejoin="round"/>`;
  }
  if (p.mouth === 'calm') return `<path d="M116 152C123 155 133 155 140 152" fill="none" stroke="${line}" stroke-width="3.4" stroke-linecap="round"/>`;
  return `<path d="M113 149C119 157 137 157 143 149" fill="none" stroke="${line}" stroke-width="3.6" stroke-linecap="round"/>`;
}

function beard(p) {
  if (!p.beard) return '';
  const c = p.hairColour[0];
  const f = FACES[p.face];
  const [l, r] = [128 - f.w, 128 + f.w];
  const b = f.bottom;
  const jawline = (top, inner, drop) => `M${l} ${top}C${l} ${112 + f.jaw} ${128 - f.chin} ${b + drop} 128 ${b + drop}C${128 + f.chin} ${b + drop} ${r} ${112 + f.jaw} ${r} ${top}C${r - 5} ${inner} ${r - 14} 141 148 140C140 138 116 138 108 140C${l + 14} 141 ${l + 5} ${inner} ${l} ${top}Z`;
  switch (p.beard) {
    case 'full': return `<path d="${jawline(112, 138, 8)}" fill="${c}"/>`;
    case 'short': return `<path d="${jawline(118, 140, 1)}" fill="${mix(c, p.skin[0], 0.22)}"/>`;
    case 'stubble': return `<path d="${jawline(122, 142, 0)}" fill="${mix(p.skin[0], c, 0.2)}"/>`;
    case 'goatee': return `<path d="M112 143C118 139 138 139 144 143C148 152 146 166 140 ${b - 1}C133 ${b + 3} 123 ${b + 3} 116 ${b - 1}C110 166 108 152 112 143Z" fill="${mix(c, p.skin[0], 0.12)}"/>`;
    case 'moustache': return `<path d="M108 148C112 141 121 139 128 142C135 139 144 141 148 148C140 146 134 147 128 148C122 147 116 146 108 148Z" fill="${c}"/>`;
    default: return '';
  }
}

function glasses(p) {
  const c = p.hairName === 'silver' || p.hairName === 'grey' ? '#5a4a52' : '#34303a';
  const g = `fill="none" stroke="${c}" stroke-width="3.2"`;
  const arms = `<path d="M${128 - FACES[p.face].w} 114L92 116M${128 + FACES[p.face].w} 114L164 116" stroke="${c}" stroke-width="3"/>`;
  switch (p.glasses) {
    case 'round': return arms + `<circle cx="109" cy="119" r="15.5" ${g}/><circle cx="147" cy="119" r="15.5" ${g}/><path d="M124 117C126 114 130 114 132 117" fill="none" stroke="${c}" stroke-width="3.2"/>`;
    case 'square': return arms + `<rect x="93" y="107" width="31" height="23" rx="7" ${g}/><rect x="132" y="107" width="31" height="23" rx="7" ${g}/><path d="M124 116H132" stroke="${c}" stroke-width="3.2"/>`;
    case 'half': return arms + `<path d="M94 114H124V118C124 134 94 134 94 118Z" ${g}/><path d="M132 114H162V118C162 134 132 134 132 118Z" ${g}/><path d="M124 116H132" stroke="${c}" stroke-width="3.2"/>`;
    default: return '';
  }
}

export function portrait(key) {
  const random = randomOf(key);
  const row = PEOPLE[key] ?? {};
  const skinName = row.skin ?? pick(random, Object.keys(SKIN));
  const [style, hairName] = row.hair ?? (row.head === 'hijab' ? ['none', 'black'] : [pick(random, Object.keys(FRONT)), pick(random, Object.keys(HAIR))]);
  const p = {
    face: pick(random, Object.keys(FACES)), wear: pick(random, ['crew', 'shirt', 'blazer', 'vneck']),
    cloth: pick(random, CLOTH), bg: pick(random, BACKGROUND), headCloth: pick(random, CLOTH),
    ...row, skin: SKIN[skinName], style, hairName, hairColour: HAIR[hairName],
  };
  const hat = headwear(p);
  const f = FACES[p.face];
  const [skin, shade] = p.skin;
  const ears = p.head === 'hijab' ? '' :
    [-1, 1].map((s) => `<ellipse cx="${128 + s * (f.w + 1)}" cy="121" rx="8" ry="11.5" fill="${skin}"/><path d="M${128 + s * (f.w + 2)} 116C${128 + s * (f.w + 5)} 118 ${128 + s * (f.w + 5)} 124 ${128 + s * (f.w + 2)} 126" fill="none" stroke="${shade}" stroke-width="2" stroke-linecap="round"/>`).join('');
  const covered = ['turtle', 'parka'].includes(p.wear); // the collar lies over the neck
  const neck = `<path d="M107 150H149V188C149 196 146 201 128 203C110 201 107 196 107 188Z" fill="${skin}"/><path d="M107 150H149V178C140 190 116 190 107 178Z" fill="${shade}"/>`;
  const earrings = p.earrings ? [-1, 1].map((s) => `<circle cx="${128 + s * (f.w + 2)}" cy="135" r="3.6" fill="${p.earrings}"/>`).join('') : '';
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${SIZE}" height="${SIZE}" viewBox="0 0 256 256">` +
    `<rect width="256" height="256" fill="${p.bg}"/><circle cx="128" cy="122" r="94" fill="${lighter(p.bg, 0.3)}"/><g transform="translate(128 140) scale(1.13) translate(-128 -140)">` +
    hat.back + hairBack(p) +
    (covered ? neck + body(p) : body(p) + neck) +
    ears + `<path d="${facePath(f)}" fill="${skin}"/>` +
    beard(p) + features(p) + mouth(p) + hairFront(p) + hat.front + glasses(p) + earrings + '</g></svg>';
}

// -------------------------------------------------------------------------------------------------- logos

export const LOGOS = {
  // A five-petalled flower, cut from a seal.
  hana: `<svg xmlns="http://www.w3.org/2000/svg" width="256" height="256" viewBox="0 0 256 256"><rect width="256" height="256" fill="#b23a48"/>` +
    [0, 72, 144, 216, 288].map((a) => `<path transform="rotate(${a} 128 132)" d="M128 122C98 104 92 66 112 48L128 60L144 48C164 66 158 104 128 122Z" fill="#fdf3e7"/>`).join('') +
    `<circle cx="128" cy="132" r="17" fill="#b23a48"/><circle cx="128" cy="132" r="8" fill="#f2c14e"/></svg>`,
  // A pole star over the bow wave of a ship.
  borealis: `<svg xmlns="http://www.w3.org/2000/svg" width="256" height="256" viewBox="0 0 256 256"><rect width="256" height="256" fill="#123c52"/>` +
    `<path d="M128 34C132 76 142 86 184 90C142 94 132 104 128 146C124 104 114 94 72 90C114 86 124 76 128 34Z" fill="#f6f3e8"/>` +
    `<path d="M40 168C70 148 98 148 128 168C158 188 186 188 216 168" fill="none" stroke="#5cc8b0" stroke-width="15" stroke-linecap="round"/>` +
    `<path d="M64 204C86 190 106 190 128 204C150 218 170 218 192 204" fill="none" stroke="#3b8ea5" stroke-width="13" stroke-linecap="round"/></svg>`,
};

// ------------------------------------------------------------------------------------------- PNG, in and out

const CRC = Array.from({ length: 256 }, (_, n) => { let c = n; for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1; return c >>> 0; });
function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  let c = 0xffffffff;
  for (const b of body) c = CRC[(c ^ b) & 255] ^ (c >>> 8);
  const out = Buffer.alloc(8 + data.length + 4);
  out.writeUInt32BE(data.length, 0); body.copy(out, 4); out.writeUInt32BE((c ^ 0xffffffff) >>> 0, 8 + data.length);
  return out;
}

function decodePng(file) {
  let at = 8, width = 0, height = 0, channels = 0; const parts = [];
  while (at < file.length) {
    const length = file.readUInt32BE(at); const type = file.toString('latin1', at + 4, at + 8); const data = file.subarray(at + 8, at + 8 + length);
    if (type === 'IHDR') {
      width = data.readUInt32BE(0); height = data.readUInt32BE(4); channels = { 2: 3, 6: 4 }[data[9]];
      if (data[8] !== 8 || !channels || data[12]) throw new Error('unexpected kind of PNG from the browser');
    } else if (type === 'IDAT') parts.push(data);
    at += 12 + length;
  }
  const raw = zlib.inflateSync(Buffer.concat(parts)); const stride = width * channels; const out = Buffer.alloc(stride * height);
  for (let y = 0; y < height; y++) {
    const filter = raw[y * (stride + 1)];
    for (let i = 0; i < stride; i++) {
      const a = i >= channels ? out[y * stride + i - channels] : 0;
      const b = y ? out[(y - 1) * stride + i] : 0;
      const c = y && i >= channels ? out[(y - 1) * stride + i - channels] : 0;
      let predict = 0;
      if (filter === 1) predict = a; else if (filter === 2) predict = b; else if (filter === 3) predict = (a + b) >> 1;
      else if (filter === 4) { const q = a + b - c, pa = Math.abs(q - a), pb = Math.abs(q - b), pc = Math.abs(q - c); predict = pa <= pb && pa <= pc ? a : pb <= pc ? b : c; }
      out[y * stride + i] = raw[y * (stride + 1) + 1 + i] + predict;
    }
  }
  return { width, height, channels, data: out };
}

// A palette by median cut over the colours used, then a palette PNG.
function encodePng(image, x0, y0, size, colours = 160) {
  const pixels = new Uint32Array(size * size); const count = new Map();
  for (let y = 0; y < size; y++) for (let x = 0; x < size; x++) {
    const i = ((y0 + y) * image.width + x0 + x) * image.channels;
    const v = (image.data[i] << 16) | (image.data[i + 1] << 8) | image.data[i + 2];
    pixels[y * size + x] = v; count.set(v, (count.get(v) ?? 0) + 1);
  }
  const channel = (v, k) => (v >> (16 - 8 * k)) & 255;
  const weight = (v) => Math.min(count.get(v), 400);
  let boxes = [[...count.keys()].sort((a, b) => a - b)];
  const spread = (box) => { let best = [0, 0]; for (let k = 0; k < 3; k++) { let lo = 255, hi = 0; for (const v of box) { const c = channel(v, k); if (c < lo) lo = c; if (c > hi) hi = c; } if (hi - lo > best[0]) best = [hi - lo, k]; } return best; };
  while (boxes.length < colours) {
    let pickAt = -1, score = 0, axis = 0;
    boxes.forEach((box, i) => { if (box.length < 2) return; const [range, k] = spread(box); const s = range * Math.log2(1 + box.reduce((n, v) => n + weight(v), 0)); if (s > score) { score = s; pickAt = i; axis = k; } });
    if (pickAt < 0) break;
    const box = boxes[pickAt].sort((a, b) => channel(a, axis) - channel(b, axis) || a - b);
    const total = box.reduce((n, v) => n + weight(v), 0); let sum = 0, cut = 1;
    for (let i = 0; i < box.length - 1; i++) { sum += weight(box[i]); cut = i + 1; if (sum * 2 >= total) break; }
    boxes.splice(pickAt, 1, box.slice(0, cut), box.slice(cut));
  }
  const index = new Map(); const palette = [];
  boxes.forEach((box, i) => {
    const top = box.reduce((a, b) => (count.get(b) > count.get(a) ? b : a)); // flat areas keep their exact colour
    palette.push(channel(top, 0), channel(top, 1), channel(top, 2));
    for (const v of box) index.set(v, i);
  });
  const raw = Buffer.alloc((size + 1) * size);
  for (let y = 0; y < size; y++) for (let x = 0; x < size; x++) raw[y * (size + 1) + 1 + x] = index.get(pixels[y * size + x]);
  const header = Buffer.alloc(13); header.writeUInt32BE(size, 0); header.writeUInt32BE(size, 4); header.set([8, 3, 0, 0, 0], 8);
  return Buffer.concat([Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]), chunk('IHDR', header), chunk('PLTE', Buffer.from(palette)),
    chunk('tEXt', Buffer.from('Software\0drawn by demo/portraits.mjs', 'latin1')), chunk('IDAT', zlib.deflateSync(raw, { level: 9, memLevel: 9 })), chunk('IEND', Buffer.alloc(0))]);
}

// --------------------------------------------------------------------------------------------------- running

function shoot(html, width, height, to) {
  const dir = mkdtempSync(join(tmpdir(), 'liaison-portraits-'));
  try {
    const page = join(dir, 'page.html'); writeFileSync(page, html);
    execFileSync(process.env.CHROMIUM ?? '/usr/bin/chromium', ['--headless=new', '--no-sandbox', '--disable-gpu', '--hide-scrollbars', '--force-device-scale-factor=1', '--force-color-profile=srgb',
      `--user-data-dir=${join(dir, 'profile')}`, `--window-size=${width},${height}`, `--screenshot=${to}`, `file://${page}`], { stdio: ['ignore', 'ignore', 'pipe'], timeout: 120_000 });
  } finally { rmSync(dir, { recursive: true, force: true, maxRetries: 5 }); }
}
const page = (inside) => `<!doctype html><meta charset="utf-8"><style>html,body{margin:0;background:#fff}svg{display:block}</style>${inside}`;

function main() {
  const option = (name) => { const i = process.argv.indexOf(name); return i < 0 ? null : process.argv[i + 1]; };
  const world = JSON.parse(readFileSync(join(HERE, 'world.json'), 'utf8'));
  const keys = world.companies.flatMap((c) => c.members.map((m) => m.photo)).filter(Boolean);
  const jobs = [...keys.map((k) => ({ svg: portrait(k), file: join(HERE, 'photos', `${k}.png`) })),
    ...world.companies.map((c) => ({ svg: LOGOS[c.logo], file: join(HERE, 'logos', `${c.logo}.png`) }))];
  mkdirSync(join(HERE, 'photos'), { recursive: true }); mkdirSync(join(HERE, 'logos'), { recursive: true });
  if (option('--svg')) { mkdirSync(option('--svg'), { recursive: true }); for (const j of jobs) writeFileSync(join(option('--svg'), j.file.split('/').pop().replace('.png', '.svg')), j.svg); }

  const columns = 8; const rows = Math.ceil(jobs.length / columns);
  const shots = mkdtempSync(join(tmpdir(), 'liaison-shot-'));
  try {
    const shot = join(shots, 'all.png');
    // The window is taller than the page needs: some headless versions cut the bottom of the window off.
    shoot(page(`<div style="display:grid;grid-template-columns:repeat(${columns},${SIZE}px)">${jobs.map((j) => j.svg).join('')}</div>`), columns * SIZE, rows * SIZE + 160, shot);
    const image = decodePng(readFileSync(shot));
    let total = 0, largest = 0;
    jobs.forEach((j, i) => {
      const png = encodePng(image, (i % columns) * SIZE, Math.floor(i / columns) * SIZE, SIZE);
      writeFileSync(j.file, png); total += png.length; largest = Math.max(largest, png.length);
    });
    console.log(`${jobs.length} pictures, ${total} bytes, the largest ${largest}`);
    if (option('--sheet')) {
      const img = (j, s, r) => `<img src="data:image/png;base64,${readFileSync(j.file).toString('base64')}" style="width:${s}px;height:${s}px;border-radius:${r}">`;
      shoot(page(`<div style="padding:12px;display:flex;flex-wrap:wrap;gap:12px;width:1520px">${jobs.map((j) => `<div style="display:flex;align-items:end;gap:4px">${img(j, 200, '50%')}${img(j, 36, '50%')}</div>`).join('')}</div>`),
        1560, Math.ceil(jobs.length / 6) * 212 + 160, option('--sheet'));
    }
  } finally { rmSync(shots, { recursive: true, force: true }); }
}
if (process.argv[1] === fileURLToPath(import.meta.url)) main();
