import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { dialects } from '../../gateway/backends/dialects.ts';
import { makeMemberPicker } from '../../gateway/pipeline/proxy/member-picker.ts';

const paths = ['model', 'usage', 'choices.0.finish_reason', 'choices.1.x'];

/** Documents in which the wanted names turn up at every depth, in strings, and as keys of model-made objects. */
const name = fc.oneof(
  fc.constantFrom('model', 'usage', 'choices', 'finish_reason', 'x', '0', '', 'choices.0', '"', '\\'),
  fc.string({ unit: 'binary', maxLength: 4 }),
);
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.oneof(
      fc.constant(null),
      fc.boolean(),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.string({ unit: 'binary' }),
      fc.constantFrom('{"usage":1}', 'a\\"usage":{', '],[', '\\'),
    ),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(name, tie('value'), { maxKeys: 5 }),
  ),
}));
const document = fc
  .record(
    {
      model: value,
      usage: value,
      choices: fc.oneof(fc.array(fc.dictionary(name, value, { maxKeys: 4 }), { maxLength: 3 }), value),
      other: value,
    },
    { requiredKeys: [] },
  )
  .map((members) => JSON.parse(JSON.stringify(members)) as Record<string, unknown>);

function at(root: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((found, step) => {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, step)) return undefined;
    return Array.isArray(found) === /^\d+$/.test(step) ? (found as Record<string, unknown>)[step] : undefined;
  }, root);
}

function pick(bytes: Buffer, cuts: readonly number[]): ReadonlyMap<string, unknown> {
  const picker = makeMemberPicker(paths);
  const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
  for (const [index, from] of [0, ...places].entries()) picker.push(bytes.subarray(from, places[index] ?? bytes.length));
  return picker.found;
}

test('the picker finds what a whole parse would find, wherever the text is cut', () => {
  fc.assert(
    fc.property(document, fc.array(fc.nat({ max: 2000 }), { maxLength: 20 }), fc.constantFrom(undefined, 1, '\t'), (root, cuts, indent) => {
      const found = pick(Buffer.from(JSON.stringify(root, null, indent)), cuts);
      for (const path of paths) assert.deepEqual(found.get(path), at(root, path), path);
    }),
    { numRuns: 600 },
  );
});

test('nothing that a backend can send makes the picker throw', () => {
  const parts = fc.array(fc.constantFrom('{', '}', '[', ']', '"', '\\', ',', ':', '"usage"', '"choices"', ' ', '1', 'null', '\n', '\0'), {
    maxLength: 60,
  });
  fc.assert(
    fc.property(parts, fc.array(fc.nat({ max: 200 }), { maxLength: 8 }), (tokens, cuts) => {
      pick(Buffer.from(tokens.join('')), cuts);
    }),
    { numRuns: 600 },
  );
});

test('whatever an answer claims, counts are whole numbers that are not negative, and names are short and visible', () => {
  fc.assert(
    fc.property(value, value, value, (usage, model, reason) => {
      const readings = (['openai', 'anthropic'] as const).flatMap((protocol) =>
        (['chat', 'responses', 'embeddings', 'count-tokens'] as const).map((operation) =>
          dialects[protocol].answers(operation)?.read(
            new Map<string, unknown>([
              ['usage', usage],
              ['model', model],
              ['stop_reason', reason],
              ['status', reason],
              ['input_tokens', usage],
            ]),
          ),
        ),
      );
      for (const reading of readings) {
        for (const count of Object.values(reading?.usage ?? {})) assert.ok(Number.isSafeInteger(count) && count >= 0);
        for (const text of [reading?.model, reading?.finishReason]) assert.ok(text === undefined || /^[\x21-\x7e]{1,256}$/.test(text));
      }
    }),
    { numRuns: 300 },
  );
});
