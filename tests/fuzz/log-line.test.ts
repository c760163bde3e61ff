import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { checkSegment, type SeenLine } from '../../gateway/ledger/check-segment.ts';
import { chainLine, members, noHash, ownKind, readLine } from '../../gateway/ledger/line.ts';
import { applyMask } from '../../gateway/pipeline/record/apply-mask.ts';
import { readMaskRules } from '../../gateway/pipeline/record/mask-rules.ts';
import { scrub } from '../../gateway/secret/known.ts';

const text = fc.string({ unit: 'binary', maxLength: 60 });
const entry = fc
  .dictionary(text, fc.jsonValue({ maxDepth: 3 }), { minKeys: 1, maxKeys: 5 })
  .filter((value) => !['seq', 'prev', 'hash'].some((name) => Object.hasOwn(value, name)));

function write(entries: readonly object[]): Buffer[] {
  let prev = noHash;
  return entries.map((value, index) => {
    const line = chainLine(index + 1, prev, members(value));
    prev = line.hash;
    return Buffer.from(line.text.slice(0, -1));
  });
}

const see = (lines: readonly Buffer[]): SeenLine[] =>
  lines.map((bytes) => ({ frame: readLine(bytes), closes: ownKind(bytes) === 'segment-end' }));

test('any entry is one line, which reads back as it was, with its frame around it', () => {
  fc.assert(
    fc.property(entry, (value) => {
      const [bytes = Buffer.alloc(0)] = write([value]);
      const line = bytes.toString('utf8');
      assert.doesNotMatch(line, /[\n\r\u0085\u2028\u2029]/);
      const frame = readLine(bytes) ?? assert.fail('no frame');
      assert.ok(frame.sound && frame.seq === 1 && frame.prev === noHash);
      const { seq, prev, hash, ...read } = JSON.parse(line) as Record<string, unknown>;
      assert.deepEqual([seq, prev, hash], [1, noHash, frame.hash]);
      assert.deepEqual(read, JSON.parse(JSON.stringify(value)));
    }),
    { numRuns: 500 },
  );
});

test("no entry passes for one of the log's own lines unless it says so in its first member", () => {
  fc.assert(
    fc.property(entry, (value) => {
      const [bytes = Buffer.alloc(0)] = write([{ schema: 'regate.decision/1', ...value }]);
      assert.equal(ownKind(bytes), undefined);
    }),
    { numRuns: 200 },
  );
});

test('any change of a byte is found, at its line or the one after', () => {
  const run = fc.tuple(fc.array(entry, { minLength: 2, maxLength: 6 }), fc.nat(), fc.nat(), fc.integer({ min: 1, max: 255 }));
  fc.assert(
    fc.property(run, ([entries, where, at, change]) => {
      const lines = write(entries);
      const index = where % lines.length;
      const altered = Buffer.from(lines[index] ?? assert.fail());
      const position = at % altered.length;
      altered[position] = (altered[position] ?? 0) ^ change;
      const fault = checkSegment(see(lines.with(index, altered)));
      assert.equal(fault?.line, index + 1);
    }),
    { numRuns: 300 },
  );
});

test('any removal but of the end, any swap, any doubling is found at or next to its place', () => {
  const run = fc.tuple(fc.array(entry, { minLength: 3, maxLength: 8 }), fc.nat(), fc.nat());
  fc.assert(
    fc.property(run, ([entries, a, b]) => {
      const lines = write(entries);
      const index = a % (lines.length - 1);
      assert.deepEqual(checkSegment(see(lines)), undefined);
      assert.equal(checkSegment(see(lines.toSpliced(index, 1)))?.kind, 'missing');
      assert.equal(checkSegment(see(lines.toSpliced(index, 1)))?.line, index + 1);
      const other = index + 1 + (b % (lines.length - index - 1));
      const [x, y] = [lines[index] ?? assert.fail(), lines[other] ?? assert.fail()];
      const swapped = checkSegment(see(lines.with(index, y).with(other, x)));
      assert.deepEqual([swapped?.kind, swapped?.line], ['reordered', index + 1]);
      const doubled = checkSegment(see(lines.toSpliced(other, 0, x)));
      assert.deepEqual([doubled?.kind, doubled?.line], ['inserted', other + 1]);
    }),
    { numRuns: 200 },
  );
});

test('bytes of any kind are read without harm', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
      assert.equal(readLine(Buffer.from(bytes))?.sound ?? false, false);
    }),
    { numRuns: 500 },
  );
});

test('taking secrets out never breaks the JSON around them', () => {
  const shape = fc.constantFrom(
    'Bearer abcdefgh12345',
    'eyJhbGciOiJI.eyJzdWIi.c2ln',
    'rg_abcd_0123456789',
    'sk-0123456789abcdefghij',
    '"',
    '\\',
    ',',
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(shape, text), { maxLength: 8 }), (parts) => {
      const line = JSON.stringify({ [parts.join(' ')]: parts.join(''), parts });
      const { text: clean, found } = scrub(line);
      const read = JSON.parse(clean) as { parts: string[] };
      assert.equal(read.parts.length, parts.length);
      if (parts.includes('eyJhbGciOiJI.eyJzdWIi.c2ln')) assert.ok(found > 0);
    }),
    { numRuns: 500 },
  );
});

test('a mask erases what it points at, changes nothing else, and never harms the event', () => {
  const value = fc.jsonValue({ maxDepth: 4 });
  const pointer = fc
    .array(fc.oneof(fc.constantFrom('0', '1', 'a', '__proto__', 'length'), text), { maxLength: 4 })
    .map((parts) => ['/input', ...parts.map((part) => part.replaceAll('~', '~0').replaceAll('/', '~1'))].join('/'));
  fc.assert(
    fc.property(value, fc.array(pointer, { maxLength: 4 }), (input, pointers) => {
      const event = { input, result: { allow: true } };
      const before = JSON.stringify(event);
      const rules = readMaskRules(pointers) ?? assert.fail('malformed');
      const { event: after, erased } = applyMask(event, rules);
      assert.equal(JSON.stringify(event), before);
      assert.equal(JSON.stringify(after.result), '{"allow":true}');
      if (erased.length === 0) assert.equal(after, event);
      else assert.notEqual(JSON.stringify(after), before);
    }),
    { numRuns: 500 },
  );
});
