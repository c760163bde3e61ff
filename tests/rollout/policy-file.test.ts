import assert from 'node:assert/strict';
import { mkdtemp, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { makePolicy } from '../../gateway/composition/policy.ts';
import { sampleInput } from '../../gateway/engine/sample-inputs.ts';
import { changedStub, frozenClock, keepingLogger, stubBytes } from '../engine/harness.ts';
import { sampleCatalogue } from '../engine/sample-catalogue.ts';

const answer = 'gateway/decision/answer';
let directory = '';
let bundle = '';

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'regate-engine-'));
  bundle = join(directory, 'regate.tar.gz');
});
afterEach(() => rm(directory, { recursive: true }));

/** Puts a bundle in place as a deployment does: a new file under the old name. */
async function deploy(bytes: Uint8Array): Promise<void> {
  await writeFile(`${bundle}.new`, bytes);
  await rename(`${bundle}.new`, bundle);
}

function engineOf(after?: (ms: number, run: () => void) => () => void) {
  const logger = keepingLogger();
  const source = { kind: 'file', path: bundle } as const;
  const policy = makePolicy({
    policy: {
      bundles: [{ name: 'regate', source, poll: { minSeconds: 7, maxSeconds: 7 } }],
      maxMemoryBytes: 64 << 20,
      maxEvaluationMs: 50,
    },
    catalogue: sampleCatalogue,
    clock: frozenClock,
    logger,
    ...(after === undefined ? {} : { after }),
  });
  const statusOf = () => policy.status().bundles['regate'] ?? assert.fail('no status');
  return { logger, ...policy, statusOf };
}

const revised = (revision: string, data: object) =>
  changedStub({
    '/.manifest': JSON.stringify({ revision, wasm: [{ entrypoint: answer, module: '/policy.wasm' }] }),
    '/data.json': JSON.stringify(data),
  });

describe('a revision', () => {
  it('is none until a bundle is there, and refused loudly once', async () => {
    const engine = engineOf();
    await engine.start();
    await engine.refresh();
    assert.equal(engine.current(), undefined);
    assert.deepEqual(
      engine.logger.lines.map(({ level, message }) => [level, message]),
      [['error', 'The policy bundle is not usable and there is no earlier revision: every request is refused']],
    );
    assert.match(engine.statusOf().message ?? '', /cannot be read \(ENOENT\)/);
    await deploy(stubBytes);
    await engine.refresh();
    assert.equal(engine.current()?.stamp.revision, 'stub-1');
    assert.equal(engine.statusOf().message, undefined);
    engine.stop();
  });

  it('is stamped, and shown under the names of the OPA status API', async () => {
    await deploy(stubBytes);
    const engine = engineOf();
    await engine.refresh();
    const status = engine.statusOf();
    assert.equal(status.name, 'regate');
    assert.equal(status.active_revision, 'stub-1');
    assert.equal(status.digest, engine.current()?.stamp.digest);
    assert.equal(status.size, stubBytes.length);
    assert.equal(status.last_request, '2026-03-01T12:00:00.000Z');
    assert.equal(status.last_successful_activation, '2026-03-01T12:00:00.000Z');
    assert.deepEqual([engine.status().activations, engine.status().rejections], [1, 0]);
  });

  it('reads the catalogue of the gateway at data.regate.backends, without addresses', async () => {
    await deploy(stubBytes);
    const engine = engineOf();
    await engine.refresh();
    const seen = engine.current()?.evaluate(answer, { request: { path: '/test/catalogue' } });
    assert.deepEqual((seen as { backends: unknown }).backends, {
      east: { protocol: 'openai', region: 'us-east', credential: 'east-key', models: { small: 'small-2026', large: 'large-2026' } },
      west: { protocol: 'openai', credential: 'west-key', models: { small: 'small-west', vectors: 'v3' } },
      other: { protocol: 'anthropic', credential: 'other-key', models: { claude: 'claude-x', small: 'small-a' } },
    });
  });

  it('follows the file at every poll, and a request keeps the one that it began with', async () => {
    const timers = new Set<() => void>();
    const poll = () => {
      const due = [...timers];
      timers.clear();
      for (const run of due) run();
    };
    await deploy(await revised('one', { greeting: 'one' }));
    const engine = engineOf((ms, run) => {
      assert.equal(ms, 7000);
      timers.add(run);
      return () => timers.delete(run);
    });
    await engine.start();
    const pinned = engine.current();
    await deploy(await revised('two', { greeting: 'two' }));
    poll();
    await engine.refresh();
    const greeting = (policy = engine.current()) =>
      (policy?.evaluate(answer, { request: { path: '/test/data' } }) as { greeting: string } | undefined)?.greeting;
    assert.equal(engine.current()?.stamp.revision, 'two');
    assert.equal(greeting(), 'two');
    assert.equal(pinned?.stamp.revision, 'one');
    assert.equal(greeting(pinned), 'one');
    assert.equal(timers.size, 1);
    engine.stop();
    assert.equal(timers.size, 0);
  });

  it('counts the evaluations that failed, over all revisions', async () => {
    await deploy(await revised('one', {}));
    const engine = engineOf();
    await engine.refresh();
    const conflict = { version: 1, request: { path: '/test/conflict' }, attempt: { number: 1 } };
    assert.throws(() => engine.current()?.evaluate(answer, conflict), /var assignment conflict/);
    await deploy(await revised('two', {}));
    await engine.refresh();
    assert.throws(() => engine.current()?.evaluate(answer, conflict), /var assignment conflict/);
    const { evaluations_failed, evaluations_out_of_time, evaluations_out_of_memory } = engine.status().metrics;
    assert.deepEqual([evaluations_failed, evaluations_out_of_time, evaluations_out_of_memory], [2, 0, 0]);
  });

  it('stays when the file is only touched', async () => {
    await deploy(stubBytes);
    const engine = engineOf();
    await engine.refresh();
    const before = engine.current();
    await utimes(bundle, 1, 1);
    await engine.refresh();
    assert.equal(engine.current(), before);
    assert.equal(engine.status().activations, 1);
  });
});

describe('a bundle that is not admitted', () => {
  const bad: readonly [string, () => Promise<Uint8Array>, RegExp][] = [
    ['is cut off', async () => stubBytes.subarray(0, 30_000), /gzip/],
    ['is empty', async () => new Uint8Array(), /gzip/],
    ['has a module that is no WebAssembly', () => changedStub({ '/policy.wasm': 'no module' }), /not a valid WebAssembly module/],
    ['has a module that is not OPA’s', () => changedStub({ '/policy.wasm': Buffer.from('0061736d01000000', 'hex') }), /ABI 1\.2/],
    ['brings a catalogue of its own', () => changedStub({ '/data.json': '{"regate":{"backends":{}}}' }), /regate\.backends/],
    ['hides the catalogue’s place', () => changedStub({ '/data.json': '{"regate":[]}' }), /"regate" that is not an object/],
    [
      'promises an entry point that is not there',
      () => changedStub({ '/.manifest': '{"wasm":[{"entrypoint":"gateway/admin/answer","module":"/policy.wasm"}]}' }),
      /no entry point gateway\/admin\/answer/,
    ],
  ];
  for (const [what, make, why] of bad) {
    it(`because it ${what} leaves the gateway without a policy`, async () => {
      await deploy(await make());
      const engine = engineOf();
      await engine.refresh();
      assert.equal(engine.current(), undefined);
      assert.match(engine.statusOf().message ?? '', why);
    });

    it(`because it ${what} leaves the earlier revision active`, async () => {
      await deploy(stubBytes);
      const engine = engineOf();
      await engine.refresh();
      await deploy(await make());
      await engine.refresh();
      await engine.refresh();
      assert.equal(engine.current()?.stamp.revision, 'stub-1');
      assert.ok(engine.current()?.evaluate(answer, sampleInput));
      assert.match(engine.statusOf().message ?? '', why);
      assert.equal(engine.statusOf().active_revision, 'stub-1');
      assert.equal(engine.status().rejections, 1);
      assert.equal(engine.logger.lines.filter(({ level }) => level === 'error').length, 1);
    });
  }

  it('is tried again when it is repaired', async () => {
    await deploy(stubBytes.subarray(0, 1000));
    const engine = engineOf();
    await engine.refresh();
    assert.equal(engine.current(), undefined);
    await deploy(stubBytes);
    await engine.refresh();
    assert.equal(engine.current()?.stamp.revision, 'stub-1');
  });
});
