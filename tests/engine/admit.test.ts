import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { admit } from '../../gateway/engine/admit.ts';
import { makeRecentInputs } from '../../gateway/engine/recent-inputs.ts';
import { Breakage } from '../../gateway/errors.ts';
import { readAnswer } from '../../gateway/pipeline/decide/read-answer.ts';
import { changedStub, frozenClock, keepingLogger, stubBytes } from './harness.ts';
import { sampleCatalogue } from './sample-catalogue.ts';

const needs = {
  catalogue: sampleCatalogue,
  maxMemoryBytes: 16 << 20,
  maxEvaluationMs: 50,
  clock: frozenClock,
  logger: keepingLogger(),
  checkAnswer: readAnswer,
};
const fixture = (name: string) => readFileSync(new URL(`fixtures/${name}.tar.gz`, import.meta.url));

const refused = (bytes: Uint8Array, why: RegExp, more = {}) =>
  assert.rejects(admit('x.tar.gz', bytes, { ...needs, ...more }), (error) => {
    assert.ok(error instanceof Breakage && error.code === 'policy.unavailable');
    assert.match(error.message, why);
    return true;
  });

/** The stub with cases of its own; a case about `/test/…` chooses what answers. */
const withCases = (cases: unknown) =>
  changedStub({ '/data.json': JSON.stringify({ roles: { engineer: ['large'] }, regate: { admission: { cases } } }) });

describe('admission', () => {
  const bad: readonly [string, string, RegExp][] = [
    [
      'calls built-ins that the host lacks',
      'lacking',
      /built-ins that this gateway does not have: (http\.send, opa\.runtime|opa\.runtime, http\.send);/,
    ],
    ['has no answer', 'answerless', /no entry point gateway\/decision\/answer/],
    ['answers a sample request with undefined', 'undefined', /is undefined for a sample request/],
    ['answers a sample request with a bare boolean', 'boolean', /not an object with a boolean "allow"/],
    ['fails on a sample request', 'conflicting', /conflicting\/answer\.rego:\d+:\d+: var assignment conflict/],
  ];
  for (const [what, name, why] of bad) {
    it(`refuses a bundle that ${what}`, () => refused(fixture(name), why));
  }

  it('refuses data that do not fit into the memory', async () => {
    const many = Array.from({ length: 200_000 }, (_, index) => ({ index }));
    await refused(await changedStub({ '/data.json': JSON.stringify({ many }) }), /could not be started with its data: opa_malloc: failed/);
  });

  it('refuses an answer that the gateway would not believe, though it is an object with "allow"', () =>
    refused(stubBytes, /its answer to a sample request \(chat\) would not be believed: no reasons today/, {
      checkAnswer: () => {
        throw new Error('no reasons today');
      },
    }));
});

describe('the cases of a bundle', () => {
  const input = { version: 1, request: { path: '/v1' }, model: { resolved: 'large' }, attempt: { number: 1 } };
  const of = (role: string) => ({ ...input, identity: { principals: [{ roles: [role] }] } });

  it('are asked, and may say what must come of them', async () => {
    const { policy } = await admit(
      'x.tar.gz',
      await withCases({
        'an engineer is allowed': { input: of('engineer'), allow: true },
        'a contractor is denied': { input: of('contractor'), allow: false },
        'an engineer is answered': { input: of('engineer') },
      }),
      needs,
    );
    assert.deepEqual(policy.evaluate('gateway/maybe/value', { value: 1 }), 1);
  });

  const bad: readonly [string, unknown, RegExp][] = [
    [
      'that come out otherwise',
      { lax: { input: of('engineer'), allow: false } },
      /it allows its own case "lax", against what the case says/,
    ],
    [
      'that fail',
      { odd: { input: { ...input, request: { path: '/test/conflict' } } } },
      /its own case "odd" fails: .*var assignment conflict/,
    ],
    ['that need too much memory', { big: { input: { request: { path: '/test/grow' } } } }, /its own case "big" fails: .*more memory/],
    ['without an input', { none: { allow: true } }, /its own case "none" has no input/],
    ['with a stray key', { stray: { input: {}, alow: true } }, /a key "alow"/],
    ['with an "allow" that is no boolean', { word: { input: {}, allow: 'yes' } }, /"allow" of its own case "word"/],
    ['that are no object', [1], /cases is not an object/],
  ];
  for (const [what, cases, why] of bad) {
    it(`${what} keep it from being admitted`, async () => refused(await withCases(cases), why));
  }

  it('are not data of the policy', async () => {
    const bytes = await changedStub({
      '/data.json': JSON.stringify({ greeting: 'hello', regate: { admission: { cases: {} }, kept: true } }),
    });
    const { evaluator } = await admit('x.tar.gz', bytes, needs);
    const text = Buffer.from(evaluator.readData());
    assert.equal(text.includes('admission'), false);
    assert.equal(text.includes('greeting'), true);
    assert.equal(text.includes('kept'), true);
  });
});

describe('what has been asked of late', () => {
  const text = (path: string) => JSON.stringify({ version: 1, request: { path }, attempt: { number: 1 } });
  const bytes = (path: string) => new TextEncoder().encode(text(path)).buffer;

  it('is put to the candidate', async () => {
    const recent = makeRecentInputs();
    recent.offer(text('/test/conflict'), () => true);
    await refused(stubBytes, /a recent request fails: .*var assignment conflict/, { recent });
  });

  it('is what the active policy answered well, and nothing large', async () => {
    const recent = makeRecentInputs();
    const { policy } = await admit('x.tar.gz', stubBytes, { ...needs, recent });
    const ask = (path: string, more = {}) =>
      policy.evaluate('gateway/decision/answer', { version: 1, request: { path }, attempt: { number: 1 }, ...more });
    assert.throws(() => ask('/test/conflict'), Breakage);
    ask('/test/false');
    ask('/test/data');
    ask('/large', { filler: 'x'.repeat(20_000) });
    policy.evaluate('gateway/maybe/given', {});
    assert.deepEqual(recent.all(), []);
    ask('/v1');
    assert.deepEqual(recent.all(), [bytes('/v1')]);
  });

  it('is kept from the beginning, and later one in eight', () => {
    const recent = makeRecentInputs();
    let asked = 0;
    for (let index = 0; index < 64 + 80; index += 1) {
      recent.offer(text(`/${index}`), () => {
        asked += 1;
        return true;
      });
    }
    assert.equal(asked, 74);
    assert.equal(recent.all().length, 64);
    assert.deepEqual(recent.all().at(-1), bytes('/143'));
    assert.deepEqual(recent.all()[0], bytes('/10'));
  });
});
