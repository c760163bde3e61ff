import { makeNeedles, needlesOf } from './needles.ts';
import { schemes, shapes, wideShapes } from './shapes.ts';

/*
 * The last look at a text before it leaves the gateway for a record, a log, a metric, a trace or an error. Nothing upstream of this should ever hand
 * over a secret; if something does, this keeps it in and makes the mistake visible by counting it. It is a net, not a filter to rely on.
 *
 * What is known is kept for the whole process, not injected: a net with a hole for each part that was composed without it would be none.
 */

/** Characters of which keys and tokens are made (RFC 6750 section 2.1, `b64token`). A cut between others leaves JSON whole. */
const isTokenCharacter = new Uint8Array(0x80);
for (const character of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/=')
  isTokenCharacter[character.charCodeAt(0)] = 1;
const isWordCharacter = new Uint8Array(0x80);
for (const character of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789') isWordCharacter[character.charCodeAt(0)] = 1;

/** Shorter runs are words, numbers, dates. */
const shortestRun = 16;
const shortestOdd = 8;
/** Of callers. Backends have few, and theirs are known until the end. */
const mostCredentials = 4096;

const lasting = makeNeedles();
const passing = makeNeedles();
const order: string[] = [];
/** Secrets that are not one run of token characters, or are short: looked for one by one. */
const odd = new Set<string>();

/** Prefixes by their first two characters, so that a look at a place costs two comparisons. */
const byStart = new Map<number, readonly { readonly prefix: string; readonly shape: RegExp }[]>();
for (const [prefix, rest] of Object.entries(shapes)) {
  const start = (prefix.charCodeAt(0) << 8) | prefix.charCodeAt(1);
  const shape = new RegExp(prefix.replace(/[.+]/g, '\\$&') + rest, 'y');
  byStart.set(start, [...(byStart.get(start) ?? []), { prefix, shape }]);
}
const mayStart = new Uint8Array(0x10000);
for (const start of byStart.keys()) mayStart[start] = 1;

/** Makes a backend's secret, or one of the gateway's own, known until the process ends. */
export function knowSecret(secret: string): void {
  const plain = [...secret].every((character) => isTokenCharacter[character.charCodeAt(0)] === 1);
  const needles = plain ? needlesOf(secret) : undefined;
  if (needles !== undefined) for (const needle of needles) lasting.add(needle);
  else if (secret.length >= shortestOdd) {
    for (const form of [JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)]) odd.add(form);
  }
}

/**
 * Makes a caller's credential known for as long as there is room. Only one that holds may be made known: else anyone could present a text that stands in
 * every record, and have it cut out of them.
 */
export function knowCredential(credential: string): void {
  const [needle] = needlesOf(credential) ?? [];
  // The end of it: beginnings of tokens are alike, and a token that was cut off at its end still has its shape.
  if (needle === undefined || passing.has(needle)) return;
  passing.add(needle);
  order.push(needle);
  if (order.length > mostCredentials) passing.remove(order.shift() ?? '');
}

export interface Scrubbed {
  readonly text: string;
  /** How many secrets were taken out. */
  readonly found: number;
}

/** Replaces what is a known secret, or has the shape of one, by `[secret]`. JSON stays JSON. */
export function scrub(text: string): Scrubbed {
  let found = 0;
  let clean = text;
  for (const { hint, shape } of wideShapes) {
    if (!clean.includes(hint)) continue;
    clean = clean.replace(shape, () => {
      found += 1;
      return '[secret]';
    });
  }
  for (const secret of odd) {
    if (!clean.includes(secret)) continue;
    clean = clean.replaceAll(secret, '[secret]');
    found += 1;
  }
  const cuts = findCuts(clean);
  if (cuts.length === 0) return { text: clean, found };
  let kept = '';
  let at = 0;
  for (const [start, end] of cuts) {
    kept += `${clean.slice(at, start)}[secret]`;
    at = end;
  }
  return { text: kept + clean.slice(at), found: found + cuts.length };
}

type Cut = readonly [start: number, end: number];

/** Goes from one long run of token characters to the next, as Boyer and Moore go: from the end of a window backwards. */
function findCuts(text: string): readonly Cut[] {
  const cuts: Cut[] = [];
  for (let start = 0; start + shortestRun <= text.length; ) {
    let back = start + shortestRun - 1;
    while (back >= start && isTokenCharacter[text.charCodeAt(back)] === 1) back -= 1;
    if (back >= start) {
      start = back + 1;
      continue;
    }
    let end = start + shortestRun;
    while (end < text.length && isTokenCharacter[text.charCodeAt(end)] === 1) end += 1;
    const cut = findSecret(text, start + lengthOfEscape(text, start), end);
    if (cut !== undefined) cuts.push(cut);
    start = Math.max(end, cut?.[1] ?? 0) + 1;
  }
  return cuts;
}

/**
 * How many characters at the start of a run belong to an escape: of JSON (RFC 8259 section 7) the letter after a backslash, and the digits after `u`; of a
 * URL (RFC 3986 section 2.1) the two digits after a percent sign.
 */
function lengthOfEscape(text: string, start: number): number {
  if (text.charCodeAt(start - 1) === 0x25) return 2;
  let backslashes = 0;
  while (text.charCodeAt(start - 1 - backslashes) === 0x5c) backslashes += 1;
  if (backslashes % 2 === 0) return 0;
  return text.charCodeAt(start) === 0x75 ? 5 : 1;
}

/** What of a run is secret. It goes to the end of the run at least: what follows a secret may be the rest of it. */
function findSecret(text: string, start: number, end: number): Cut | undefined {
  if (end - start < shortestRun) return undefined;
  if (isAfterScheme(text, start)) return [start, end];
  // A known one goes with the whole run: what stands around it may be the rest of it.
  if (lasting.findEnd(text, start, end) !== -1 || passing.findEnd(text, start, end) !== -1) return [start, end];
  let before: number | undefined = 0;
  for (let at = start; at + shortestOdd < end; at += 1) {
    const code = text.charCodeAt(at);
    if (before !== 1 && mayStart[(code << 8) | text.charCodeAt(at + 1)] === 1) {
      const to = endOfShape(text, at);
      if (to !== -1) return [at, Math.max(to, end)];
    }
    before = isWordCharacter[code];
  }
  return undefined;
}

/** Where the shape ends that begins here; -1 where none does. */
function endOfShape(text: string, at: number): number {
  for (const { prefix, shape } of byStart.get((text.charCodeAt(at) << 8) | text.charCodeAt(at + 1)) ?? []) {
    if (!text.startsWith(prefix, at)) continue;
    shape.lastIndex = at;
    if (shape.test(text)) return shape.lastIndex;
  }
  return -1;
}

function isAfterScheme(text: string, start: number): boolean {
  const before = text.charCodeAt(start - 1);
  return (before === 0x20 || before === 0x30) && schemes.some((scheme) => text.startsWith(scheme, start - scheme.length));
}
