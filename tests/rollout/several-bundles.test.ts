import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { makePolicy } from '../../gateway/composition/policy.ts';
import { changedStub, frozenClock, keepingLogger, packBundle } from '../engine/harness.ts';
import { sampleCatalogue } from '../engine/sample-catalogue.ts';

const answer = 'gateway/decision/answer';
let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'regate-several-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function deploy(name: string, bytes: Uint8Array): Promise<void> {
  await writeFile(join(folder, `${name}.new`), bytes);
  await rename(join(folder, `${name}.new`), join(folder, `${name}.tar.gz`));
}

/** The stub without its data, under roots that leave `greeting` and `people` to others. */
const rules = (revision: string, more = {}) =>
  changedStub({
    '/.manifest': JSON.stringify({
      revision,
      roots: ['gateway', 'roles', 'stub', 'system'],
      wasm: [{ entrypoint: answer, module: '/policy.wasm' }],
    }),
    '/data.json': JSON.stringify({ roles: { engineer: ['large'] } }),
    ...more,
  });
const data = (revision: string, content: object, roots: readonly string[] = ['greeting']) =>
  packBundle([
    { name: '/.manifest', content: JSON.stringify({ revision, roots }) },
    { name: '/data.json', content: JSON.stringify(content) },
  ]);

function open(names: readonly string[] = ['rules', 'words'], roots: Readonly<Record<string, readonly string[]>> = {}) {
  const logger = keepingLogger();
  const policy = makePolicy({
    policy: {
      bundles: names.map((name) => ({
        name,
        source: { kind: 'file', path: join(folder, `${name}.tar.gz`) },
        poll: { minSeconds: 60, maxSeconds: 60 },
        ...(roots[name] === undefined ? {} : { roots: roots[name] }),
      })),
      maxMemoryBytes: 64 << 20,
      maxEvaluationMs: 50,
    },
    catalogue: sampleCatalogue,
    clock: frozenClock,
    logger,
  });
  const greeting = (asked = policy.current()) =>
    (asked?.evaluate(answer, { request: { path: '/test/data' } }) as { greeting?: string } | undefined)?.greeting;
  const messageOf = (name: string) => policy.status().bundles[name]?.message;
  return { ...policy, logger, greeting, messageOf };
}

describe('a policy of several bundles', () => {
  it('is stamped with all of them, and its digest covers all of them', async () => {
    const [one, two] = [await rules('r1'), await data('w1', { greeting: 'hello' })];
    await deploy('rules', one);
    await deploy('words', two);
    const policy = open();
    await policy.refresh();
    assert.equal(policy.greeting(), 'hello');
    const hex = (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest('hex');
    assert.deepEqual(policy.current()?.stamp, {
      bundle: 'rules',
      revision: 'r1',
      digest: hex(`${hex(one)}  rules\n${hex(two)}  words\n`),
      bundles: { rules: { revision: 'r1', digest: hex(one) }, words: { revision: 'w1', digest: hex(two) } },
    });
    const { rules: ofRules, words } = policy.status().bundles;
    assert.deepEqual([ofRules?.active_revision, words?.active_revision], ['r1', 'w1']);
  });

  it('takes new data without a new build, and a request keeps the data that it began with', async () => {
    await deploy('rules', await rules('r1'));
    await deploy('words', await data('w1', { greeting: 'hello' }));
    const policy = open();
    await policy.refresh();
    const pinned = policy.current();
    await deploy('words', await data('w2', { greeting: 'good day' }));
    await policy.refresh();
    assert.equal(policy.greeting(), 'good day');
    assert.equal(policy.greeting(pinned), 'hello');
    assert.notEqual(policy.current()?.stamp.digest, pinned?.stamp.digest);
    assert.equal(policy.current()?.stamp.revision, 'r1');
  });

  it('is none until all are there', async () => {
    await deploy('rules', await rules('r1'));
    const policy = open();
    await policy.refresh();
    assert.equal(policy.current(), undefined);
    assert.match(policy.messageOf('words') ?? '', /cannot be read \(ENOENT\)/);
    assert.equal(policy.messageOf('rules'), undefined);
  });

  it('of which one that has come is not fit changes nothing, though the other is', async () => {
    await deploy('rules', await rules('r1'));
    await deploy('words', await data('w1', { greeting: 'hello' }));
    const policy = open();
    await policy.refresh();
    const before = policy.current();
    await deploy('rules', await rules('r2'));
    await deploy('words', Buffer.from('no bundle'));
    await policy.refresh();
    assert.equal(policy.current(), before);
    assert.match(policy.messageOf('words') ?? '', /not a whole gzip file/);
    assert.equal(policy.messageOf('rules'), undefined);
    await deploy('words', await data('w2', { greeting: 'repaired' }));
    await policy.refresh();
    assert.deepEqual([policy.current()?.stamp.revision, policy.greeting()], ['r2', 'repaired']);
    assert.equal(policy.messageOf('words'), undefined);
  });

  it('goes on with a bundle whose source is away, and takes what is new of the others', async () => {
    await deploy('rules', await rules('r1'));
    await deploy('words', await data('w1', { greeting: 'hello' }));
    const policy = open();
    await policy.refresh();
    await rm(join(folder, 'words.tar.gz'));
    await deploy('rules', await rules('r2'));
    await policy.refresh();
    assert.deepEqual([policy.current()?.stamp.revision, policy.greeting()], ['r2', 'hello']);
    assert.match(policy.messageOf('words') ?? '', /ENOENT/);
  });
});

describe('bundles that do not go together', () => {
  const bad: readonly [string, () => Promise<Uint8Array>, RegExp, string][] = [
    [
      'whose roots are the same',
      () => data('w', { roles: {} }, ['roles']),
      /rules and words cannot be used together: their roots data\.roles and data\.roles overlap/,
      'words',
    ],
    [
      'of which one lies within another’s root',
      () => data('w', {}, ['gateway/decision/more']),
      /roots data\.gateway and data\.gateway\.decision\.more overlap/,
      'words',
    ],
    ['of which one claims all of data', () => data('w', { greeting: 'x' }, ['']), /data\.\w+ and all of data overlap/, 'words'],
    [
      'of which one holds what is not under its roots',
      () => data('w', { greeting: 'x', roles: { engineer: ['small'] } }),
      /it holds data\.roles, which is not under the roots in its manifest/,
      'words',
    ],
    ['of which both hold a policy', () => rules('w', {}).then(renameRoots), /rules and words hold a policy\.wasm each/, 'words'],
    [
      'of which one brings the gateway’s own data',
      () => data('w', { regate: { backends: {} } }, ['regate']),
      /regate\.backends, which the gateway fills/,
      'words',
    ],
  ];
  /** The rules once more, under other roots. */
  async function renameRoots(): Promise<Uint8Array> {
    return changedStub({
      '/.manifest': JSON.stringify({ revision: 'w', roots: ['other'], wasm: [{ entrypoint: 'other/answer', module: '/policy.wasm' }] }),
      '/data.json': '{}',
    });
  }
  for (const [what, make, why, blamed] of bad) {
    it(`${what} are refused, and the active ones go on`, async () => {
      await deploy('rules', await rules('r1'));
      await deploy('words', await data('w1', { greeting: 'hello' }));
      const policy = open();
      await policy.refresh();
      await deploy('words', await make());
      await policy.refresh();
      assert.equal(policy.greeting(), 'hello');
      assert.match(policy.messageOf(blamed) ?? '', why);
      assert.equal(policy.status().bundles['words']?.active_revision, 'w1');
      assert.ok(policy.logger.lines.some(({ level, fields }) => level === 'error' && why.test(String(fields['message']))));
    });
  }

  it('a bundle may own no more than the configuration grants it, whatever its manifest says', async () => {
    await deploy('rules', await rules('r1'));
    await deploy('words', await data('w1', { people: {} }, ['people']));
    const policy = open(['rules', 'words'], { words: ['greeting'] });
    await policy.refresh();
    assert.equal(policy.current(), undefined);
    assert.match(policy.messageOf('words') ?? '', /it claims data\.people, which is not among the roots that the configuration grants/);
    assert.equal(policy.status().bundles['words']?.kind, 'roots');
    await deploy('words', await data('w2', { greeting: 'hello' }));
    await policy.refresh();
    assert.equal(policy.greeting(), 'hello');
  });

  it('data called __proto__ stay data', async () => {
    await deploy('rules', await rules('r1'));
    const odd = '{"greeting":{"__proto__":{"allow":true}}}';
    await deploy(
      'words',
      await packBundle([
        { name: '/.manifest', content: '{"roots":["greeting"]}' },
        { name: '/data.json', content: odd },
      ]),
    );
    const policy = open();
    await policy.refresh();
    assert.equal(JSON.stringify(policy.greeting()), '{"__proto__":{"allow":true}}');
    assert.equal(({} as { allow?: unknown }).allow, undefined);
  });
});
