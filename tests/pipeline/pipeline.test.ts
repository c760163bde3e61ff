import assert from 'node:assert/strict';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { suite, test } from 'node:test';
import { Breakage, type ErrorCode, type Refusal, refuse } from '../../gateway/errors.ts';
import { makePipeline, type PipelineNeeds } from '../../gateway/pipeline/pipeline.ts';
import type { Delivered } from '../../gateway/vocabulary/delivered.ts';
import type { Story } from '../../gateway/vocabulary/story.ts';

type StageName = 'accept' | 'authenticate' | 'chain' | 'collect' | 'decide' | 'enforce' | 'inject';
const stages: readonly StageName[] = ['accept', 'authenticate', 'chain', 'collect', 'decide', 'enforce', 'inject'];

const arrival = { requestId: 'request-1', receivedAt: 0, startedAt: 0, method: 'POST', path: '/v1/x', protocol: 'openai' as const };
const answer = { allow: true, reasons: [], obligations: [], fallbacks: [{ backend: 'second' }, { backend: 'third' }] };
const completed: Delivered = { outcome: 'completed', status: 200, committed: true, bytesSent: 2 };
const failed: Delivered = { outcome: 'upstream-unreachable', code: 'upstream.unreachable', committed: false, bytesSent: 0 };

interface Run {
  readonly ran: string[];
  readonly decided: Story[];
  readonly delivered: { readonly story: Story; readonly delivered: Delivered }[];
  readonly told: ErrorCode[];
}

interface Plan {
  /** What each stage does in place of its work. */
  readonly instead?: Partial<Record<StageName | 'carry' | 'record', () => unknown>>;
  /** What `carry` gives, attempt by attempt. */
  readonly carried?: readonly Delivered[];
  readonly policy?: undefined;
  /** Refuses the attempt with this number in `decide`. */
  readonly refuseAttempt?: number;
}

/** Runs one request through the real pipeline with stages that only note that they ran. */
async function run(plan: Plan = {}): Promise<Run> {
  const ran: string[] = [];
  const [decided, delivered, told]: [Story[], Run['delivered'], ErrorCode[]] = [[], [], []];
  const carried = [...(plan.carried ?? [completed])];
  const step = (name: StageName | 'carry' | 'record', give: () => unknown) => {
    ran.push(name);
    return (plan.instead?.[name] ?? give)();
  };
  const backend = (id: string) => [id, { id, credential: `${id}-key` }] as const;
  let attempts = 0;
  const needs = {
    accept: { arrive: () => arrival, arriveBroken: () => arrival, accept: () => step('accept', () => ({ ...arrival, operation: 'chat' })) },
    authenticate: async () => step('authenticate', () => ({ proofs: [] })),
    chain: () => step('chain', () => ({ chain: [], principals: [] })),
    collect: async () => step('collect', () => ({ stream: false, sizeBytes: 1, ignoredHeaders: [], context: {} })),
    pinPolicy: () => ('policy' in plan ? undefined : { stamp: { bundle: 'b', revision: 'r', digest: 'd' } }),
    decide: (question: { attempt: { number: number; candidate?: { backend: string } } }) =>
      step('decide', () => {
        attempts = question.attempt.number;
        if (plan.refuseAttempt === attempts) return refuse('policy.denied');
        return { decisionId: 'd', answer, attempt: question.attempt };
      }),
    enforce: (decision: { attempt: { candidate?: { backend: string } } }) =>
      step('enforce', () => ({
        kind: 'forward',
        obligations: [],
        route: { backend: decision.attempt.candidate?.backend ?? 'first', model: 'm' },
      })),
    inject: async (permit: object) =>
      step('inject', () => ({ kind: 'forward', permit, credential: { kind: 'credential', id: 'c', version: 'v' } })),
    proxy: {
      carry: async () => step('carry', () => carried.shift()),
      tell: (refusal: Refusal) => {
        told.push(refusal.code);
        return { outcome: 'refused', status: 503, committed: true, bytesSent: 9 };
      },
    },
    capture: { wants: () => false },
    record: {
      decided: async (story: Story) => {
        decided.push({ ...story });
        return step('record', () => undefined);
      },
      delivered: async (story: Story, how: Delivered) => void delivered.push({ story: { ...story }, delivered: how }),
    },
    catalogue: { backends: new Map([backend('first'), backend('second'), backend('third')]) },
    maxAttempts: 3,
    newId: (() => {
      let last = 0;
      return () => `id-${++last}`;
    })(),
    clock: { now: () => 0, monotonic: () => 0 },
    logger: { error: () => undefined, warn: () => undefined, info: () => undefined, debug: () => undefined },
  };
  const pipeline = makePipeline(needs as unknown as PipelineNeeds);
  await pipeline.handle({} as IncomingMessage, { destroy: () => undefined } as unknown as ServerResponse);
  return { ran, decided, delivered, told };
}

test('the nine stages run in the order of their names, and the record comes before the carrying', async () => {
  const { ran, decided, delivered } = await run();
  assert.deepEqual(ran, [...stages, 'record', 'carry']);
  assert.deepEqual([...stages].sort(), stages);
  assert.equal(decided.length, 1);
  assert.deepEqual(
    delivered.map((line) => line.delivered.outcome),
    ['completed'],
  );
});

suite('a stage that does not pass a request on', () => {
  for (const [at, stage] of stages.entries()) {
    test(`${stage} refuses: nothing behind it runs, and the refusal is recorded once and told`, async () => {
      const { ran, decided, delivered, told } = await run({ instead: { [stage]: () => refuse('model.unknown') } });
      assert.deepEqual(ran, [...stages.slice(0, at + 1), 'record']);
      assert.deepEqual(
        decided.map(({ refusal }) => refusal?.code),
        ['model.unknown'],
      );
      assert.equal(delivered.length, 1);
      assert.deepEqual(told, ['model.unknown']);
    });

    test(`${stage} breaks: the same, and the caller learns nothing of the error`, async () => {
      const broke = () => {
        throw new TypeError('something of the inside');
      };
      const { ran, decided, delivered, told } = await run({ instead: { [stage]: broke } });
      assert.ok(!ran.includes('carry'));
      assert.deepEqual(
        decided.map(({ refusal }) => refusal?.code),
        ['gateway.error'],
      );
      assert.equal(delivered.length, 1);
      assert.deepEqual(told, ['gateway.error']);
    });
  }

  test('a breakage keeps its code', async () => {
    const broke = () => {
      throw new Breakage('policy.error', 'a trap');
    };
    assert.deepEqual((await run({ instead: { decide: broke } })).told, ['policy.error']);
  });

  test('no policy: nobody is asked, everybody is refused', async () => {
    const { ran, told } = await run({ policy: undefined });
    assert.ok(!ran.includes('decide') && !ran.includes('carry'));
    assert.deepEqual(told, ['policy.unavailable']);
  });

  test('a record that cannot be made: nothing is carried', async () => {
    const { ran, told } = await run({ instead: { record: () => refuse('record.unavailable') } });
    assert.ok(!ran.includes('carry'));
    assert.deepEqual(told, ['record.unavailable']);
  });

  test('carrying breaks after the record: there is one decision, and its delivery says so', async () => {
    const broke = () => {
      throw new TypeError('inside');
    };
    const { decided, delivered, told } = await run({ instead: { carry: broke } });
    assert.equal(decided.length, 1);
    assert.deepEqual(
      delivered.map((line) => line.delivered.outcome),
      ['gateway-error'],
    );
    assert.deepEqual(told, ['gateway.error']);
  });
});

suite('attempts', () => {
  test('each is decided and recorded by itself, with what went before', async () => {
    const { decided, delivered, told } = await run({ carried: [failed, failed, completed] });
    assert.deepEqual(
      decided.map(({ attempt, decisionId, route }) => [
        attempt.number,
        decisionId,
        route?.backend,
        attempt.previous.map(({ backend }) => backend),
      ]),
      [
        [1, 'id-1', 'first', []],
        [2, 'id-2', 'second', ['first']],
        [3, 'id-3', 'third', ['first', 'second']],
      ],
    );
    assert.deepEqual(
      delivered.map((line) => line.delivered.outcome),
      ['upstream-unreachable', 'upstream-unreachable', 'completed'],
    );
    assert.deepEqual(told, []);
  });

  test('a fallback that is refused ends the tries; the caller hears of the backend', async () => {
    const { decided, told } = await run({ carried: [failed], refuseAttempt: 2 });
    assert.deepEqual(
      decided.map(({ refusal }) => refusal?.code),
      [undefined, 'policy.denied'],
    );
    assert.deepEqual(told, ['upstream.unreachable']);
  });

  test('the last one that fails is told', async () => {
    const { delivered, told } = await run({ carried: [failed, failed, failed] });
    assert.deepEqual(told, ['upstream.unreachable']);
    assert.equal(delivered.at(-1)?.delivered.status, 503);
  });

  test('after the first byte, or when the caller has left, there is none', async () => {
    const brokeOff: Delivered = { ...failed, outcome: 'upstream-broke-off', committed: true };
    assert.equal((await run({ carried: [brokeOff] })).decided.length, 1);
    assert.equal((await run({ carried: [{ outcome: 'client-aborted', committed: false, bytesSent: 0 }] })).decided.length, 1);
  });
});
