import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { describe, it } from 'node:test';
import { buildInput } from '../../gateway/pipeline/decide/build-input.ts';
import { makeShadow, type ShadowThread } from '../../gateway/trial/shadow.ts';
import type { ShadowQuestion, ShadowReply } from '../../gateway/trial/shadow-thread.ts';
import type { PolicyInput } from '../../gateway/vocabulary/policy-input.ts';
import type { Verdict } from '../../gateway/vocabulary/verdict.ts';
import { changedStub, keepingLogger, stubBytes } from '../engine/harness.ts';
import { sampleCatalogue } from '../engine/sample-catalogue.ts';
import { ask, policyOf } from '../pipeline/decide/questions.ts';

const question = ask(policyOf({}));
const input: PolicyInput = buildInput(question.accepted, question.chain, question.facts, question.attempt);
const deny: Verdict = { allow: false, codes: ['no'], fallbacks: [], obligations: [] };
const never = (): never => assert.fail('this was not to be answered');
const turn = () => new Promise((resolve) => void setImmediate(resolve));

function stage(queue: number) {
  const events = new EventEmitter();
  const posted: (readonly ShadowQuestion[])[] = [];
  const dropped: number[] = [];
  let ended = 0;
  const thread: ShadowThread = {
    postMessage: (questions) => void posted.push(questions),
    on: (event: string, listener: (value: never) => void) => events.on(event, listener as (value: unknown) => void),
    terminate: () => {
      ended += 1;
    },
  };
  const shadow = makeShadow({
    data: { bundles: [], catalogue: sampleCatalogue, maxMemoryBytes: 0, maxEvaluationMs: 0 },
    ...{ queue, logger: keepingLogger(), dropped: (count) => void dropped.push(count), startThread: () => thread },
  });
  const say = (reply: ShadowReply) => void events.emit('message', reply);
  return { shadow, events, posted, dropped, say, ended: () => ended };
}

describe('what waits for a candidate', () => {
  it('crosses in batches, and the answers come to whom they are for', async () => {
    const { shadow, posted, say } = stage(1000);
    const answers: string[] = [];
    for (let number = 0; number < 100; number += 1)
      shadow.ask(input, `d${number}`, 0n, (verdict) => void answers.push(`${number} ${'failed' in verdict}`));
    await turn();
    assert.equal(posted.length, 0, 'the thread is not there yet');
    say({ ready: true });
    await turn();
    assert.deepEqual(
      posted.map((batch) => batch.length),
      [64],
    );
    say({ verdicts: Array.from({ length: 64 }, () => deny) });
    await turn();
    assert.deepEqual(
      posted.map((batch) => batch.length),
      [64, 36],
    );
    say({ verdicts: Array.from({ length: 36 }, () => ({ failed: 'policy.error' as const })) });
    assert.deepEqual(
      answers,
      Array.from({ length: 100 }, (_, number) => `${number} ${number >= 64}`),
    );
    assert.deepEqual(posted[1]?.[35]?.seed, 'd99');
    assert.deepEqual(JSON.parse(posted[0]?.[0]?.input ?? ''), JSON.parse(JSON.stringify(input)));
  });

  it('is bounded by number: what is too much is dropped and counted', async () => {
    const { shadow, dropped, say, posted } = stage(5);
    for (let number = 0; number < 12; number += 1) shadow.ask(input, 'd', 0n, never);
    assert.equal(dropped.length, 7);
    say({ ready: true });
    await turn();
    assert.equal(posted[0]?.length, 5);
  });

  it('is bounded by size in one piece', async () => {
    const { shadow, say, posted } = stage(1000);
    const large = { ...input, parameters: { other: ['x'.repeat(6 << 20)] } };
    for (let number = 0; number < 10; number += 1) shadow.ask(large, 'd', 0n, () => undefined);
    say({ ready: true });
    await turn();
    assert.equal(posted[0]?.length, 1);
  });

  it('is given up where the thread ends, and nothing throws afterwards', async () => {
    for (const end of ['error', 'exit']) {
      const { shadow, events, dropped, say } = stage(100);
      for (let number = 0; number < 3; number += 1) shadow.ask(input, 'd', 0n, never);
      say({ ready: true });
      await turn();
      for (let number = 0; number < 2; number += 1) shadow.ask(input, 'd', 0n, never);
      events.emit(end, new Error('gone'));
      assert.deepEqual(dropped, [5]);
      shadow.ask(input, 'd', 0n, never);
      assert.deepEqual(dropped, [5, 1]);
    }
  });

  it('is given up where the candidate is refused', () => {
    const { shadow, dropped, say } = stage(100);
    shadow.ask(input, 'd', 0n, never);
    say({ refused: 'the bundle cannot be used' });
    assert.deepEqual(dropped, [1]);
  });
});

it('a candidate answers in a thread of its own', async () => {
  const bundles = [{ name: 'stub', bytes: await changedStub({ '/data.json': JSON.stringify({ roles: { engineer: [] } }) }) }];
  for (const [several, allow] of [
    [[{ name: 'stub', bytes: stubBytes }], true],
    [bundles, false],
  ] as const) {
    const shadow = makeShadow({
      data: { bundles: several, catalogue: sampleCatalogue, maxMemoryBytes: 64 << 20, maxEvaluationMs: 1000 },
      ...{ queue: 10, logger: keepingLogger(), dropped: never },
    });
    const events = new EventEmitter();
    shadow.ask(input, 'd', 0n, (verdict) => void events.emit('verdict', verdict));
    const [verdict] = (await once(events, 'verdict', { signal: AbortSignal.timeout(20_000) })) as [Verdict];
    assert.ok(!('failed' in verdict) && verdict.allow === allow, JSON.stringify(verdict));
    shadow.stop();
  }
});
