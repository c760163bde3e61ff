import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { it } from 'node:test';
import fc from 'fast-check';
import { hostBuiltins } from '../../gateway/engine/builtins/registry.ts';
import { makeEvaluator } from '../../gateway/engine/evaluator.ts';
import { readBundle } from '../../gateway/engine/read-bundle.ts';
import { Breakage } from '../../gateway/errors.ts';
import { frozenClock, keepingLogger } from './harness.ts';

/*
 * An event is asked about right after the frozen input that it holds. The module then has that input already, and is given the rest of the event
 * only. Nothing may tell the two ways apart but the time.
 */

const { wasm } = await readBundle('host.tar.gz', readFileSync(new URL('fixtures/host.tar.gz', import.meta.url)));
const module = await WebAssembly.compile(wasm);
/** Answers `{given: <its input>}`. */
const echo = 'host/outcome';

function evaluatorOf(witness?: (entrypoint: string, input: string) => void) {
  return makeEvaluator({
    module,
    data: new TextEncoder().encode('{"some": ["data"]}'),
    maxMemoryBytes: 16 << 20,
    builtins: new Map([...hostBuiltins, ['json.patch', ([value]) => value]]),
    clock: frozenClock,
    logger: keepingLogger(),
    ...(witness === undefined ? {} : { witness }),
  });
}

const given = (value: unknown) => ({ given: JSON.parse(JSON.stringify(value)) as unknown });

it('an event around the last input arrives whole, whatever both hold', () => {
  const { evaluate } = evaluatorOf();
  const members = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 }), { maxKeys: 8 });
  fc.assert(
    fc.property(members, members, (content, around) => {
      const input = Object.freeze(content);
      assert.deepEqual(evaluate(echo, input), given(input));
      for (let times = 0; times < 3; times += 1) {
        const event = { ...around, input };
        assert.deepEqual(evaluate(echo, event), given(event));
      }
      assert.deepEqual(evaluate(echo, input), given(input));
    }),
    { numRuns: 200 },
  );
});

it('is spared the reading, so the input is not witnessed twice', () => {
  const seen: string[] = [];
  const { evaluate } = evaluatorOf((_entrypoint, input) => seen.push(input));
  const input = Object.freeze({ text: 'x'.repeat(100) });
  evaluate(echo, input);
  evaluate(echo, { input, a: 1 });
  assert.deepEqual(seen, [JSON.stringify(input)]);
});

it('only the very same frozen object is known again', () => {
  const { evaluate } = evaluatorOf();
  const changing = { count: 1 };
  evaluate(echo, changing);
  changing.count = 2;
  assert.deepEqual(evaluate(echo, { input: changing }), given({ input: { count: 2 } }));

  evaluate(echo, Object.freeze({ count: 3 }));
  assert.deepEqual(evaluate(echo, { input: { count: 4 } }), given({ input: { count: 4 } }));
});

it('another evaluation in between takes its place', () => {
  const { evaluate } = evaluatorOf();
  const first = Object.freeze({ name: 'first' });
  evaluate(echo, first);
  evaluate(echo, Object.freeze({ name: 'second' }));
  assert.deepEqual(evaluate(echo, { input: first }), given({ input: first }));
  evaluate(echo, 'a text');
  assert.deepEqual(evaluate(echo, { input: first, n: 2 }), given({ input: first, n: 2 }));
});

it('is forgotten with an instance that threw', () => {
  const { evaluate, replaced } = evaluatorOf();
  const input = Object.freeze({ text: 'kept' });
  evaluate(echo, input);
  // The answer does not fit into the memory: the event is too large for it, with the input lying there.
  assert.throws(() => evaluate(echo, { input, much: 'x'.repeat(15 << 20) }), Breakage);
  assert.equal(replaced.thrown, 1);
  assert.deepEqual(evaluate(echo, { input, a: 1 }), given({ input, a: 1 }));
});

it('counts its levels as if it had been read with the event', () => {
  const { evaluate } = evaluatorOf();
  const deep = (levels: number) => Object.freeze({ value: JSON.parse('['.repeat(levels - 1) + ']'.repeat(levels - 1)) as unknown });
  const allowed = deep(63);
  evaluate(echo, allowed);
  assert.deepEqual(evaluate(echo, { input: allowed }), given({ input: allowed }));
  const tooDeep = deep(64);
  evaluate(echo, tooDeep);
  assert.throws(() => evaluate(echo, { input: tooDeep }), /deeper than 64/);
});

it('what writes itself is asked each time', () => {
  const { evaluate } = evaluatorOf();
  let text = 'first';
  const input = Object.freeze({ toJSON: () => ({ text }) });
  assert.deepEqual(evaluate(echo, input), { given: { text } });
  text = 'second';
  assert.deepEqual(evaluate(echo, { input }), { given: { input: { text } } });
});
