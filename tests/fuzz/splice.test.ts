import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { scanJson } from '../../gateway/json/scan.ts';
import { type Edit, splice } from '../../gateway/json/splice.ts';

const names = ['a', 'b', 'c', 'é', '', '__proto__', 'with"quote'];
const json = fc.jsonValue({ maxDepth: 2 });

/** An object as text with odd spacing and escapes, beside its value. */
const document = fc
  .uniqueArray(fc.tuple(fc.constantFrom(...names), json, fc.constantFrom('', ' ', '\n\t'), fc.boolean()), {
    selector: ([name]) => name,
    maxLength: 6,
  })
  .map(
    (rows) =>
      `{${rows
        .map(([name, value, space, escaped]) => {
          const key = escaped && name === 'a' ? '"\\u0061"' : JSON.stringify(name);
          return `${space}${key}${space}:${space}${JSON.stringify(value, null, space === ' ' ? 1 : undefined)}${space}`;
        })
        .join(',')}}`,
  );

const change: fc.Arbitrary<Edit> = fc.oneof(
  json.map((value): Edit => ({ kind: 'set', json: JSON.stringify(value) })),
  fc.constant<Edit>({ kind: 'remove' }),
  fc.tuple(fc.constantFrom('a', 'x', ''), json).map(([name, value]): Edit => ({ kind: 'set-inside', name, json: JSON.stringify(value) })),
  fc.array(fc.nat(4), { maxLength: 3 }).map((indexes): Edit => ({ kind: 'remove-elements', indexes: new Set(indexes) })),
);

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What an edit means, said with values. */
function means(before: ReadonlyMap<string, unknown>, edits: ReadonlyMap<string, Edit>): Map<string, unknown> {
  const after = new Map(before);
  for (const [name, edit] of edits) {
    const old = before.get(name);
    if (edit.kind === 'set') after.set(name, JSON.parse(edit.json));
    else if (edit.kind === 'remove') after.delete(name);
    else if (edit.kind === 'set-inside')
      after.set(name, Object.fromEntries([...Object.entries(isObject(old) ? old : {}), [edit.name, JSON.parse(edit.json) as unknown]]));
    else if (Array.isArray(old))
      after.set(
        name,
        old.filter((_, index) => !edit.indexes.has(index)),
      );
  }
  return after;
}

const entries = (value: ReadonlyMap<string, unknown>) => [...value].sort(([a], [b]) => (a < b ? -1 : 1));

test('a splice means its edits, and what no edit names keeps its exact bytes', () => {
  fc.assert(
    fc.property(
      document,
      fc.uniqueArray(fc.tuple(fc.constantFrom(...names), change), { selector: ([name]) => name, maxLength: 4 }),
      (text, rows) => {
        const edits = new Map(rows);
        const bytes = Buffer.from(text);
        const limits = { maxDepth: 64, maxValues: 10_000 };
        const scanned = scanJson(bytes, limits);
        assert.ok('members' in scanned, text);
        const before = new Map(Object.entries(JSON.parse(text) as Record<string, unknown>));
        const after = splice({ bytes, members: scanned.members }, edits);
        const rescanned = scanJson(after, limits);
        assert.ok('members' in rescanned, `${text} became ${Buffer.from(after)}`);
        const value = new Map(Object.entries(JSON.parse(Buffer.from(after).toString()) as Record<string, unknown>));
        assert.deepEqual(entries(value), entries(means(before, edits)));
        for (const [name, span] of scanned.members) {
          if (edits.has(name)) continue;
          const now = rescanned.members.get(name);
          assert.ok(now);
          assert.ok(bytes.subarray(span.keyStart, span.valueEnd).equals(after.subarray(now.keyStart, now.valueEnd)));
        }
      },
    ),
    { numRuns: 2500 },
  );
});
