import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseOutline } from '../../gateway/json/outline.ts';
import { longText, scanJson } from '../../gateway/json/scan.ts';

const limits = { maxDepth: 64, maxValues: 100_000 };

function outlineOf(value: object): unknown {
  const bytes = Buffer.from(JSON.stringify(value));
  const scanned = scanJson(bytes, limits);
  assert.ok('members' in scanned);
  return parseOutline(bytes, scanned);
}

/** What the outline is by its own words: the value, with each long text replaced. */
function cut(value: unknown): unknown {
  if (typeof value === 'string') return Buffer.byteLength(JSON.stringify(value)) > longText ? 'x'.repeat(1024) : value;
  if (Array.isArray(value)) return value.map(cut);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, cut(member)]));
}

const text = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc
    .tuple(fc.constantFrom('a', 'ä', '–', '"', '\\', '\n', '😀'), fc.integer({ min: 600, max: 5000 }))
    .map(([unit, times]) => unit.repeat(times)),
);

test('it is the document, with stand-ins for long texts, wherever they stand', () => {
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 3, depthSize: 'small' },
      text,
      fc.integer(),
      fc.constant(null),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(fc.string(), tie('value'), { maxKeys: 3 }),
    ),
  }));
  fc.assert(
    fc.property(fc.dictionary(text, value, { maxKeys: 4 }), (document) => {
      assert.deepEqual(outlineOf(document), JSON.parse(JSON.stringify(cut(document))));
    }),
    { numRuns: 150 },
  );
});

test('a text is long by its bytes, quotes and escapes included', () => {
  for (const [name, short, long] of [
    ['plain', 'a'.repeat(longText - 2), 'a'.repeat(longText - 1)],
    ['escaped', '\n'.repeat(longText / 2 - 1), '\n'.repeat(longText / 2)],
  ] as const) {
    assert.deepEqual(outlineOf({ [name]: [short] }), { [name]: [short] });
    assert.deepEqual(outlineOf({ [name]: [long], after: 1 }), { [name]: ['x'.repeat(1024)], after: 1 });
  }
});

test('a long key is a key', () => {
  const key = 'k'.repeat(longText * 2);
  assert.deepEqual(outlineOf({ [key]: 'v' }), { [key]: 'v' });
});
