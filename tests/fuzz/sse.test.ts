import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { dialects } from '../../gateway/backends/dialects.ts';
import { makeEventTap } from '../../gateway/pipeline/proxy/event-tap.ts';
import type { Tap } from '../../gateway/pipeline/proxy/tap.ts';
import { isUsageChunk } from '../../gateway/pipeline/proxy/usage-chunk.ts';

const usage = { prompt_tokens: 7, completion_tokens: 5, total_tokens: 12 };
const usageData = JSON.stringify({ id: 'c', model: 'gpt-x', choices: [], usage });

/** One event: its lines, and whether it is the usage chunk. */
interface Event {
  readonly lines: readonly string[];
  readonly extra: boolean;
}

const delta = fc
  .string({ unit: 'binary', maxLength: 40 })
  .map((content) => JSON.stringify({ choices: [{ index: 0, delta: { content }, finish_reason: null }], usage: null }));
/** Text that looks like what the tap searches for, where it must mean nothing. */
const decoys = fc.constantFrom(
  JSON.stringify({ choices: [{ delta: { content: '"usage":{"completion_tokens":999}' }, finish_reason: null }] }),
  JSON.stringify({ choices: [{ delta: { tool: { usage: { completion_tokens: 999 }, choices: [] } } }] }),
  JSON.stringify({ choices: [{ delta: {} }], metadata: { choices: [], usage: { completion_tokens: 999 } } }),
  '[DONE]',
  '{"usage":{',
  '"usage"',
);
const colon = fc.constantFrom('data:', 'data: ');
const event: fc.Arbitrary<Event> = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(colon, fc.oneof(delta, decoys)).map(([field, data]) => ({ lines: [field + data], extra: false })) },
  { weight: 1, arbitrary: colon.map((field) => ({ lines: [field + usageData], extra: true })) },
  // Pretty-printed over several data lines, as the format allows.
  {
    weight: 1,
    arbitrary: fc.constant({
      lines: JSON.stringify(JSON.parse(usageData), null, 1)
        .split('\n')
        .map((line) => `data: ${line}`),
      extra: true,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      { lines: [': keep-alive'], extra: false },
      { lines: ['event: ping', 'id: 1'], extra: false },
      { lines: ['data'], extra: false },
    ),
  },
);

/** A stream with one kind of line ending, cut into pieces anywhere. */
const stream = fc
  .tuple(fc.array(event, { maxLength: 12 }), fc.constantFrom('\n', '\r\n', '\r'), fc.array(fc.nat({ max: 400 }), { maxLength: 30 }))
  .map(([events, ending, cuts]) => {
    const text = (chosen: readonly Event[]): string => chosen.map(({ lines }) => lines.join(ending) + ending + ending).join('');
    const bytes = Buffer.from(text(events));
    const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
    const pieces = [0, ...places]
      .map((from, index) => bytes.subarray(from, places[index] ?? bytes.length))
      .filter(({ length }) => length > 0);
    return {
      pieces,
      whole: text(events),
      without: text(events.filter(({ extra }) => !extra)),
      extras: events.filter(({ extra }) => extra).length,
    };
  });

function run(tap: Tap, pieces: readonly Buffer[]): string {
  const out = pieces.map((piece) => tap.pass(piece) ?? Buffer.alloc(0));
  out.push(tap.flush() ?? Buffer.alloc(0));
  return Buffer.concat(out).toString();
}

function reader() {
  const made = dialects.openai.events('chat');
  assert.ok(made !== undefined);
  return made;
}

test('however a stream is cut, every byte passes, and the usage is read exactly where there is one', () => {
  fc.assert(
    fc.property(stream, ({ pieces, whole, extras }) => {
      const tap = makeEventTap(reader());
      assert.equal(run(tap, pieces), whole);
      assert.deepEqual(tap.read().usage, extras > 0 ? { input_tokens: 7, output_tokens: 5 } : undefined);
    }),
    { numRuns: 400 },
  );
});

test('however a stream is cut, only usage chunks are taken out', () => {
  fc.assert(
    fc.property(stream, ({ pieces, without, extras }) => {
      const tap = makeEventTap(reader(), { drops: isUsageChunk });
      assert.equal(run(tap, pieces), without);
      assert.deepEqual(tap.read().usage, extras > 0 ? { input_tokens: 7, output_tokens: 5 } : undefined);
    }),
    { numRuns: 400 },
  );
});

test('nothing that a backend can send makes the tap throw, hold bytes for good, or change them', () => {
  const bytes = fc.array(fc.uint8Array({ maxLength: 64 }), { maxLength: 20 });
  const nasty = fc.array(fc.constantFrom('\n', '\r', '\r\n', 'data:', 'data: {', '{"usage":{', '}', '"', '\\', '\uFEFF', '\0', 'x'), {
    maxLength: 40,
  });
  fc.assert(
    fc.property(
      fc.oneof(
        bytes,
        nasty.map((parts) => parts.map((part) => Buffer.from(part))),
      ),
      (parts) => {
        const pieces = parts.map((part) => Buffer.from(part));
        const whole = Buffer.concat(pieces).toString();
        for (const operation of ['chat', 'responses'] as const) {
          const events = dialects.openai.events(operation);
          assert.ok(events !== undefined);
          assert.equal(run(makeEventTap(events), pieces), whole);
        }
        assert.equal(run(makeEventTap(reader(), { drops: isUsageChunk }), pieces), whole);
      },
    ),
    { numRuns: 400 },
  );
});
