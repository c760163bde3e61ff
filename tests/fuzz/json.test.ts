import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { scanJson } from '../../gateway/json/scan.ts';

const limits = { maxDepth: 12, maxValues: 500 };

/** An independent oracle for duplicate keys: a reviver-free recursive reading of the text, slow and plain. */
function hasDuplicate(text: string): boolean {
  let at = 0;
  let found = false;
  const space = () => {
    while (' \t\r\n'.includes(text[at] ?? 'x')) at++;
  };
  const string = () => {
    const start = at++;
    while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
    return JSON.parse(text.slice(start, ++at)) as string;
  };
  const value = () => {
    space();
    if (text[at] === '"') string();
    else if (text[at] === '{') {
      const keys: string[] = [];
      for (at++, space(); text[at] !== '}'; space()) {
        if (text[at] === ',') at++;
        space();
        const key = string();
        found ||= keys.includes(key);
        keys.push(key);
        space();
        at++;
        value();
      }
      at++;
    } else if (text[at] === '[') {
      for (at++, space(); text[at] !== ']'; space()) {
        if (text[at] === ',') at++;
        value();
      }
      at++;
    } else while (at < text.length && !',]} \t\r\n'.includes(text[at] ?? '')) at++;
  };
  value();
  return found;
}

/** Text that is nearly JSON: tokens in any order, so that most of it is broken in an interesting place. */
const soup = fc
  .array(
    fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"a"',
      '"b"',
      '"\\u0061"',
      '"\\ud800"',
      '"\\ud83d\\ude00"',
      '1',
      '-0',
      '1e5',
      '01',
      '1.',
      'true',
      'null',
      ' ',
      '\n',
      '"',
      '\\',
      '\u0000',
      'é',
      '\ufeff',
      '"a":1',
      '{"a":',
      '}}',
    ),
    { maxLength: 14 },
  )
  .map((tokens) => tokens.join(''));

/** JSON with few distinct keys, in odd spellings and spacing, so that duplicates are common. */
const spelled: fc.Arbitrary<string> = fc.letrec<{ value: string; object: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constantFrom('1', '-1.5E3', 'true', 'null', '"x"', '"\\"}"', '[]'),
    tie('object'),
    fc.array(tie('value'), { maxLength: 3 }).map((items) => `[${items.join(' , ')}]`),
  ),
  object: fc
    .array(
      fc.tuple(
        fc.constantFrom('"a"', '"b"', '"c"', '"\\u0061"', '"é"', '"\\u00e9"', '""', '"k1"', '"k2"', '"k3"', '"k4"', '"k5"', '"k6"'),
        tie('value'),
      ),
      {
        maxLength: 11,
      },
    )
    .map((pairs) => `{${pairs.map(([key, value]) => `${key} :${value}`).join(',\n')}}`),
})).object;

function check(text: string): void {
  const bytes = Buffer.from(text);
  const scanned = scanJson(bytes, limits);
  let parsed: unknown;
  let parses = true;
  try {
    parsed = JSON.parse(text);
  } catch {
    parses = false;
  }
  if ('problem' in scanned) {
    if (scanned.problem === 'json.malformed') assert.equal(parses, false, `refused as malformed, yet it parses: ${text}`);
    if (scanned.problem === 'json.duplicate-key') assert.ok(!parses || hasDuplicate(text));
    if (scanned.problem === 'json.not-object') assert.ok(!parses || typeof parsed !== 'object' || parsed === null || Array.isArray(parsed));
    return;
  }
  assert.ok(parses, `accepted, yet it does not parse: ${text}`);
  assert.equal(hasDuplicate(text), false);
  const rebuilt = Object.fromEntries(
    [...scanned.members].map(([name, { valueStart, valueEnd }]) => [
      name,
      JSON.parse(bytes.toString('utf8', valueStart, valueEnd)) as unknown,
    ]),
  );
  assert.deepEqual(rebuilt, parsed);
}

test('what the scan accepts, JSON.parse accepts, and they read the same members: token soup', () => {
  fc.assert(fc.property(soup, check), { numRuns: 4000 });
});

test('… documents with repeated keys in several spellings', () => {
  fc.assert(fc.property(spelled, check), { numRuns: 1500 });
});

test('… any object, as JSON.stringify writes it', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue({ maxDepth: 3 })), (value) => {
      const text = JSON.stringify(value);
      const scanned = scanJson(Buffer.from(text), { maxDepth: 12, maxValues: 10_000 });
      assert.ok('members' in scanned, `${JSON.stringify(scanned)} ${text}`);
      check(text);
    }),
    { numRuns: 500 },
  );
});

test('… a valid document with bytes changed at random', () => {
  const base = Buffer.from('{"model":"m","messages":[{"role":"user","content":"h\\u00e9 \\ud83d\\ude00 é"}],"n":1.5e0,"stream":false}');
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(base.length - 1), fc.nat(255)), { minLength: 1, maxLength: 3 }), (changes) => {
      const bytes = Buffer.from(base);
      for (const [at, byte] of changes) bytes[at] = byte;
      const scanned = scanJson(bytes, limits);
      if ('members' in scanned) JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
    }),
    { numRuns: 4000 },
  );
});
