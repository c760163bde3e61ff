import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { MalformedAnswer, readAnswer } from '../../gateway/pipeline/decide/read-answer.ts';
import type { Answer } from '../../gateway/vocabulary/decision.ts';

/** @returns the answer, or `undefined` where the value is not believed; anything else thrown fails the test */
function believed(value: unknown): Answer | undefined {
  try {
    return readAnswer(value);
  } catch (error) {
    assert.ok(error instanceof MalformedAnswer, `threw ${error}`);
    return undefined;
  }
}

const code = fc.stringMatching(/^[a-z][a-z0-9.:_-]{0,20}$/);
const name = fc.string({ minLength: 1, maxLength: 40 });
const maybe = { requiredKeys: [] };
const reason = fc.record({ code, rule: name, message: name, remediation: name, public: fc.boolean() }, { requiredKeys: ['code'] });
const obligation = fc
  .tuple(code, fc.dictionary(fc.string({ maxLength: 10 }), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 4 }))
  .map(([type, parameters]) => ({ ...parameters, type }));
const parts = {
  message: name,
  route: fc.record({ backend: name, model: name, credential: name }, maybe),
  fallbacks: fc.array(fc.record({ backend: name, model: name }, { requiredKeys: ['backend'] }), { maxLength: 8 }),
  obligations: fc.array(obligation, { maxLength: 4 }),
  audit: fc.record(
    { class: code, capture: fc.constantFrom('metadata', 'content'), labels: fc.dictionary(code, name, { maxKeys: 4 }) },
    maybe,
  ),
};
const allowing = fc.record(
  { allow: fc.constant(true), reasons: fc.array(reason, { maxLength: 4 }), ...parts },
  { requiredKeys: ['allow'] },
);
const denying = fc.record(
  { allow: fc.constant(false), reasons: fc.array(reason, { minLength: 1, maxLength: 4 }), ...parts },
  { requiredKeys: ['allow', 'reasons'] },
);
const good = fc.oneof(allowing, denying);

/** Over the wire of the module's memory, as an answer comes. */
const asJson = (value: unknown) => JSON.parse(JSON.stringify(value)) as unknown;

/** Every place in a value, as a path of keys. */
function places(value: unknown, path: readonly string[] = []): readonly (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([key, member]) => places(member, [...path, key]))];
}

function replaceAt(value: unknown, [key, ...rest]: readonly string[], by: unknown): unknown {
  if (key === undefined) return by;
  const copy = (Array.isArray(value) ? [...value] : { ...(value as object) }) as Record<string, unknown>;
  copy[key] = replaceAt(copy[key], rest, by);
  return copy;
}

describe('an answer', () => {
  it('that is well-formed is believed as it is', () => {
    fc.assert(
      fc.property(good, (value) => {
        const plain = asJson(value) as Record<string, unknown>;
        assert.deepEqual(believed(plain), { reasons: [], fallbacks: [], obligations: [], ...plain });
      }),
      { numRuns: 500 },
    );
  });

  it('of arbitrary JSON never allows, unless its allow is literally true and it has no key of its own invention', () => {
    const almost = fc.dictionary(
      fc.constantFrom('allow', 'reasons', 'message', 'route', 'fallbacks', 'obligations', 'audit', 'allow '),
      fc.jsonValue(),
    );
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), almost), (value) => {
        const answer = believed(asJson(value));
        if (answer?.allow !== true) return;
        const object = value as Record<string, unknown>;
        assert.equal(object['allow'], true);
        assert.ok(!Object.hasOwn(object, 'allow '));
        for (const key of ['reasons', 'fallbacks', 'obligations']) assert.ok(!Object.hasOwn(object, key) || Array.isArray(object[key]));
        for (const key of ['route', 'audit']) assert.ok(!Object.hasOwn(object, key) || typeof object[key] === 'object');
      }),
      { numRuns: 2000 },
    );
  });

  it('with one more key anywhere in its closed parts is not believed', () => {
    fc.assert(
      fc.property(good, fc.nat(), fc.string({ minLength: 1, maxLength: 12 }), (value, pick, extra) => {
        const plain = asJson(value);
        const closed = places(plain).filter((path) => {
          const at = path.reduce<unknown>((inner, key) => (inner as Record<string, unknown>)[key], plain);
          return typeof at === 'object' && at !== null && !Array.isArray(at) && path[0] !== 'obligations' && path[1] !== 'labels';
        });
        const path = closed[pick % closed.length] ?? [];
        const key = `${extra}!`;
        assert.equal(believed(replaceAt(plain, [...path, key], 1)), undefined);
      }),
      { numRuns: 500 },
    );
  });

  it('with one value of another type is not believed, wherever the contract knows the type', () => {
    fc.assert(
      fc.property(good, fc.nat(), fc.constantFrom(null, 7, {}, [[]]), (value, pick, other) => {
        const plain = asJson(value);
        const known = places(plain).filter(
          (path) =>
            !(path[0] === 'obligations' && path.length > 2 && path[2] !== 'type') &&
            // An empty object is a route, an audit or labels like any other.
            !(
              other !== null &&
              typeof other === 'object' &&
              !Array.isArray(other) &&
              ['route', 'audit', 'labels'].includes(path.at(-1) ?? '')
            ),
        );
        const path = known[pick % known.length] ?? [];
        assert.equal(believed(replaceAt(plain, path, other)), undefined, path.join('.'));
      }),
      { numRuns: 1000 },
    );
  });

  it('that denies never allows when parts of it are lost', () => {
    fc.assert(
      fc.property(denying, fc.nat(), (value, pick) => {
        const plain = asJson(value) as Record<string, unknown>;
        const keys = Object.keys(plain);
        delete plain[keys[pick % keys.length] ?? ''];
        assert.notEqual(believed(plain)?.allow, true);
      }),
      { numRuns: 300 },
    );
  });
});
