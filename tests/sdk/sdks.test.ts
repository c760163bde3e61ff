import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { promisify } from 'node:util';
import type { DecidedRecord } from '../../gateway/vocabulary/record.ts';
import { callers, mintToken, virtualKeys } from '../story/callers.ts';
import { matches } from '../story/match.ts';
import { isDecided, isDelivered } from '../story/read-log.ts';
import { storyTime } from '../story/scene.ts';
import { until } from '../story/until.ts';
import { openWorld, type World } from '../story/world.ts';

/*
 * The official SDKs in processes of their own, unchanged: they know a base URL, a key, and, through Node, a CA. Retries are left as the SDKs have them,
 * so that a denial which is tried again shows.
 */

const run = promisify(execFile);
const speech = (model: string, limit: string) =>
  `This is the demo upstream of Regate, not a real model. It was asked for ${model} with ${limit}.`;

interface App {
  readonly app: 'openai' | 'anthropic';
  readonly what: 'work' | 'ask';
  readonly model: string;
  readonly key: string;
  /** Whether the process trusts the gateway's CA. */
  readonly trusts?: boolean;
}

/** Runs an application to its end; what it wrote, and what the record says of it. */
async function runApp(world: World, { app, what, model, key, trusts = true }: App) {
  const before = world.readLog().entries.length;
  const { stdout } = await run(process.execPath, [join(import.meta.dirname, `${app}-app.ts`), what, model], {
    env: {
      PATH: process.env['PATH'],
      OPENAI_BASE_URL: `${world.gateway.url}/v1`,
      OPENAI_API_KEY: key,
      ANTHROPIC_BASE_URL: world.gateway.url,
      ANTHROPIC_API_KEY: key,
      ...(trusts ? { NODE_EXTRA_CA_CERTS: world.caPath } : {}),
    },
    timeout: 60_000,
  });
  const records = () => world.readLog().entries.slice(before);
  const decided = records().filter(isDecided);
  return { out: JSON.parse(stdout) as Record<string, unknown>, decided, records };
}

const token = (name: string): string => mintToken(callers[name] ?? {}, { now: storyTime, id: name });
const operationsOf = (decided: readonly DecidedRecord[]) =>
  decided.map(({ request }) => `${request.operation}${request.stream ? ' stream' : ''}`);

suite('under the default policies', () => {
  let world: World;
  before(async () => {
    world = await openWorld();
  });
  after(() => world.close());

  test('the OpenAI SDK does everything that it does elsewhere, and each call is on the record', async () => {
    const { out, decided, records } = await runApp(world, { app: 'openai', what: 'work', model: 'gpt-5.1', key: token('engineer') });
    matches(
      out,
      {
        chat: 'This is the demo upstream',
        requestId: '~req_demo_.*~',
        streamed: speech('gpt-5.1@primary', 'at most 16384 tokens'),
        called: ['weather'],
        completion: 'This is the',
        completed: 'This is the',
        response: 'This is the demo',
        responseStream: speech('gpt-5.1@primary', 'at most 16384 tokens'),
        embeddings: [true, true],
        listed: ['gpt-5.1', 'gpt-5-mini', 'text-embedding-3-small'],
        retrieved: 'gpt-5.1',
      },
      'what the app got',
    );
    assert.deepEqual(operationsOf(decided), [
      'chat',
      'chat stream',
      'chat stream',
      'completions',
      'completions stream',
      'responses',
      'responses stream',
      'embeddings',
      'models',
      'models',
    ]);
    assert.ok(decided.every(({ decision }) => decision === 'allow'));
    const delivered = await until('delivery of each', () => {
      const lines = records().filter(isDelivered);
      return lines.length === decided.length && lines;
    });
    assert.deepEqual([...new Set(delivered.map(({ outcome }) => outcome))], ['completed']);
    assert.equal(delivered.filter(({ usage }) => usage !== undefined).length, 8, 'all but the listings have usage');
  });

  test('the Anthropic SDK does everything that it does elsewhere, and each call is on the record', async () => {
    const { out, decided } = await runApp(world, { app: 'anthropic', what: 'work', model: 'claude-opus-4-5', key: token('engineer') });
    matches(
      out,
      {
        message: 'This is the demo upstream',
        requestId: '~.+~',
        streamed: speech('claude-opus-4-5@claude', 'at most 100 tokens'),
        types: ['message_start', 'message_stop'],
        called: ['weather'],
        counted: true,
        listed: ['claude-opus-4-5', 'claude-haiku-4-5'],
        retrieved: 'claude-opus-4-5',
      },
      'what the app got',
    );
    assert.deepEqual(operationsOf(decided), ['chat', 'chat stream', 'chat', 'count-tokens', 'models', 'models']);
    assert.ok(decided.every(({ decision }) => decision === 'allow'));
  });

  test('a virtual key is a key like any other to the SDKs', async () => {
    const key = virtualKeys.get('nightly-job') ?? '';
    const openai = await runApp(world, { app: 'openai', what: 'ask', model: 'gpt-5-mini', key });
    const anthropic = await runApp(world, { app: 'anthropic', what: 'ask', model: 'claude-haiku-4-5', key });
    assert.deepEqual([openai.out, anthropic.out], [{ answered: 'gpt-5-mini@primary' }, { answered: 'claude-haiku-4-5@claude' }]);
  });

  test("a denial is the OpenAI SDK's PermissionDeniedError, with the reason and the decision's id, and is not tried again", async () => {
    const key = token('engineer-on-a-personal-laptop');
    const { out, decided } = await runApp(world, { app: 'openai', what: 'ask', model: 'gpt-5.1', key });
    assert.equal(decided.length, 1, 'attempts');
    const id = decided[0]?.decision_id;
    matches(
      out,
      {
        error: 'PermissionDeniedError',
        status: 403,
        code: 'policy.denied',
        type: 'permission_error',
        requestId: id,
        body: { decision_id: id, reasons: ['device.unmanaged'], message: '~.*managed devices only.*~' },
      },
      'the error',
    );
  });

  test("a denial is the Anthropic SDK's PermissionDeniedError, with the reason and the decision's id, and is not tried again", async () => {
    const key = token('engineer-on-a-personal-laptop');
    const { out, decided } = await runApp(world, { app: 'anthropic', what: 'ask', model: 'claude-opus-4-5', key });
    assert.equal(decided.length, 1, 'attempts');
    const id = decided[0]?.decision_id;
    matches(
      out,
      {
        error: 'PermissionDeniedError',
        status: 403,
        type: 'permission_error',
        requestId: id,
        body: { request_id: id, error: { details: { error_code: 'policy.denied', reasons: ['device.unmanaged'] } } },
      },
      'the error',
    );
  });

  test('a bad key is an AuthenticationError of either SDK, and is not tried again', async () => {
    const key = mintToken(callers['engineer'] ?? {}, { now: storyTime, id: 'x', flaw: 'tampered' });
    const openai = await runApp(world, { app: 'openai', what: 'ask', model: 'gpt-5.1', key });
    matches(openai.out, { error: 'AuthenticationError', status: 401, code: 'credential.invalid' }, 'the error');
    const anthropic = await runApp(world, { app: 'anthropic', what: 'ask', model: 'claude-opus-4-5', key });
    matches(anthropic.out, { error: 'AuthenticationError', status: 401, type: 'authentication_error' }, 'the error');
    // Nobody waits for the lines of unknown callers.
    const codes = () => [...openai.records()].filter(isDecided).map(({ code }) => code);
    await until('line of each', () => codes().length >= 2);
    assert.deepEqual(codes(), ['credential.invalid', 'credential.invalid']);
  });

  test('a model that does not exist is a NotFoundError of either SDK', async () => {
    const openai = await runApp(world, { app: 'openai', what: 'ask', model: 'gpt-99', key: token('engineer') });
    matches(openai.out, { error: 'NotFoundError', status: 404, code: 'model.unknown' }, 'the error');
    const anthropic = await runApp(world, { app: 'anthropic', what: 'ask', model: 'claude-99', key: token('engineer') });
    matches(anthropic.out, { error: 'NotFoundError', status: 404, type: 'not_found_error' }, 'the error');
    assert.deepEqual([openai.decided.length, anthropic.decided.length], [1, 1], 'attempts');
  });

  test('an application that does not trust the CA does not talk to the gateway', async () => {
    const seen = world.seen.length;
    const { out, decided } = await runApp(world, {
      app: 'openai',
      what: 'ask',
      model: 'gpt-5-mini',
      key: token('engineer'),
      trusts: false,
    });
    assert.deepEqual(out, { error: 'APIConnectionError', cause: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' });
    assert.deepEqual([decided.length, world.seen.length - seen], [0, 0]);
  });
});

suite('when something is wrong behind the gateway', () => {
  let world: World;
  before(async () => {
    world = await openWorld({ setting: 'cases' });
  });
  after(() => world.close());

  test('a policy that fails is an error of the server that is not tried again', async () => {
    const openai = await runApp(world, { app: 'openai', what: 'ask', model: 'case-undefined', key: token('engineer') });
    matches(openai.out, { error: 'InternalServerError', status: 503, code: 'policy.undefined' }, 'the error');
    const anthropic = await runApp(world, { app: 'anthropic', what: 'ask', model: 'case-undefined', key: token('engineer') });
    matches(
      anthropic.out,
      { error: 'ServiceUnavailableError', status: 503, body: { error: { details: { error_code: 'policy.undefined' } } } },
      'the error',
    );
    assert.deepEqual([openai.decided.length, anthropic.decided.length], [1, 1], 'attempts');
  });

  test('a backend that cannot be reached is tried again, and each try is a decision of its own', async () => {
    const { out, decided } = await runApp(world, { app: 'openai', what: 'ask', model: 'case-unreachable', key: token('engineer') });
    matches(out, { error: 'InternalServerError', status: 502, code: 'upstream.unreachable' }, 'the error');
    assert.equal(decided.length, 3, 'the SDK tries twice more');
    assert.equal(new Set(decided.map(({ request_id: id }) => id)).size, 3);
  });
});
