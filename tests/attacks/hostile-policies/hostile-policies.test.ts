import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { admit } from '../../../gateway/engine/admit.ts';
import { makeFailures } from '../../../gateway/engine/failures.ts';
import { type ErrorCode, isRefusal } from '../../../gateway/errors.ts';
import { systemClock } from '../../../gateway/observe/clock.ts';
import { makeDecide } from '../../../gateway/pipeline/decide/decide.ts';
import { readAnswer } from '../../../gateway/pipeline/decide/read-answer.ts';
import { keepingLogger, stubBytes } from '../../engine/harness.ts';
import { sampleCatalogue } from '../../engine/sample-catalogue.ts';
import { ask } from '../../pipeline/decide/questions.ts';

const maxEvaluationMs = 50;
const logger = keepingLogger();
const failures = makeFailures({ clock: systemClock, logger });
const needs = {
  catalogue: sampleCatalogue,
  maxMemoryBytes: 64 << 20,
  maxEvaluationMs,
  clock: systemClock,
  logger,
  checkAnswer: readAnswer,
  failures,
};
const bytes = readFileSync(new URL('hostile.tar.gz', import.meta.url));
const { policy, evaluator } = await admit('hostile.tar.gz', bytes, needs);
const { policy: neighbour } = await admit('stub.tar.gz', stubBytes, needs);
const decide = makeDecide({ catalogue: sampleCatalogue, clock: systemClock });

const cpuMs = () => {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
};

function decideAt(path: string, pinned = policy, model = 'small') {
  const question = ask(pinned, { model });
  return decide({ ...question, accepted: { ...question.accepted, path } });
}

/** The next decisions of the same policy, and those of another, come out as if nothing had been. */
function assertUnharmed() {
  const next = decideAt('/v1/chat/completions');
  assert.ok(!isRefusal(next) && next.answer.allow);
  const denied = decideAt('/hostile/none-of-these');
  assert.ok(!isRefusal(denied));
  assert.deepEqual(denied.answer, { allow: false, reasons: [{ code: 'nobody' }], fallbacks: [], obligations: [] });
  const other = decideAt('/v1/chat/completions', neighbour, 'claude');
  assert.ok(!isRefusal(other) && !other.answer.allow);
  assert.deepEqual(other.answer.reasons[0]?.code, 'model.not-granted');
}

const gallery: Readonly<Record<string, readonly ErrorCode[]>> = {
  product: ['policy.deadline'],
  'nothing-found': ['policy.deadline'],
  expressions: ['policy.deadline'],
  hashing: ['policy.deadline'],
  'one-search': ['policy.deadline'],
  'one-pattern': ['policy.deadline'],
  'one-long-pattern': ['policy.deadline'],
  'one-template': ['policy.deadline'],
  'looking-to-the-end-again-and-again': ['policy.deadline'],
  // Which of the two ends first is the machine's to say.
  'json-back-and-forth': ['policy.deadline', 'policy.memory'],
  sorting: ['policy.deadline', 'policy.memory'],
  texts: ['policy.deadline', 'policy.memory'],
  'powers-of-a-set': ['policy.deadline', 'policy.memory'],
  'walking-wide': ['policy.deadline', 'policy.memory'],
  doubling: ['policy.memory'],
  hoarding: ['policy.memory', 'policy.deadline'],
  'huge-message': ['policy.memory', 'policy.deadline', 'policy.malformed-answer'],
  'deep-text': ['policy.error'],
  contradiction: ['policy.error'],
  'same-key-twice': ['policy.error'],
  true: ['policy.malformed-answer'],
  word: ['policy.malformed-answer'],
  number: ['policy.malformed-answer'],
  list: ['policy.malformed-answer'],
  set: ['policy.malformed-answer'],
  'more-than-asked': ['policy.malformed-answer'],
  'long-message': ['policy.malformed-answer'],
  'many-reasons': ['policy.malformed-answer'],
  'many-obligations': ['policy.malformed-answer'],
  'deep-answer': ['policy.malformed-answer', 'policy.error'],
};

describe('a hostile policy', () => {
  for (const [name, codes] of Object.entries(gallery)) {
    it(`of the kind "${name}" is refused with ${codes.join(' or ')}, and does no harm to the next`, () => {
      const from = cpuMs();
      const refusal = decideAt(`/hostile/${name}`);
      const spent = cpuMs() - from;
      assert.ok(isRefusal(refusal), `not refused: ${JSON.stringify(refusal)}`);
      assert.ok(codes.includes(refusal.code), `${refusal.code}: ${refusal.detail}`);
      assert.ok(spent < maxEvaluationMs * 3, `it took ${spent} ms of CPU`);
      assertUnharmed();
    });
  }

  it('that divides by zero has no answer but the default', () => {
    const decision = decideAt('/hostile/undefined');
    assert.ok(!isRefusal(decision) && !decision.answer.allow);
  });

  it('is counted by kind', () => {
    assert.ok(failures.counts.deadline >= 4);
    assert.ok(failures.counts.memory >= 1);
    assert.ok(failures.counts.error >= 3);
  });

  it('does not fill the log', () => {
    const before = logger.lines.length;
    for (let count = 0; count < 100; count += 1) decideAt('/hostile/contradiction');
    assert.ok(logger.lines.length - before <= 10);
  });

  it('leaves neighbours as quick as before', () => {
    const quickest = () => {
      const times = Array.from({ length: 30 }, () => {
        const from = cpuMs();
        for (let count = 0; count < 50; count += 1) decideAt('/v1/chat/completions', neighbour);
        return cpuMs() - from;
      });
      return Math.min(...times);
    };
    quickest();
    const quiet = quickest();
    for (const name of ['product', 'doubling', 'deep-text', 'contradiction']) decideAt(`/hostile/${name}`);
    const after = quickest();
    assert.ok(after <= quiet * 2, `${after} ms after, ${quiet} ms before`);
  });
});

/** What throws quickly enough, ten thousand times; what takes its whole budget each time, fewer times. */
const repeated: readonly [string, number][] = [
  ['contradiction', 10_000],
  ['same-key-twice', 10_000],
  ['deep-text', 200],
  ['product', 20],
  ['doubling', 50],
];

describe('failing again and again', () => {
  for (const [name, times] of repeated) {
    it(`${times} times for "${name}" leaves memory as it was and the next decision right`, () => {
      assertUnharmed();
      const before = evaluator.memoryBytes();
      for (let count = 0; count < times; count += 1) assert.ok(isRefusal(decideAt(`/hostile/${name}`)));
      assertUnharmed();
      assert.ok(evaluator.memoryBytes() <= before + (8 << 20), `${before} → ${evaluator.memoryBytes()}`);
    });
  }
});
