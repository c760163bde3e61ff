import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { readContentKeys } from '../../gateway/ledger/content-keys.ts';
import { type FileSystemPort, localFileSystem } from '../../gateway/ledger/file-system.ts';
import { openContent } from '../../gateway/ledger/sealed-content.ts';
import type { ContentPart } from '../../gateway/vocabulary/content.ts';
import { chat, codeOf } from '../bad-input/chat.ts';
import { isDecided, isDelivered } from '../story/read-log.ts';
import { until } from '../story/until.ts';
import { openWorld, type World, type WorldOptions } from '../story/world.ts';

/* The content of requests is kept where the policy says so, and only there. */

const key = randomBytes(32).toString('base64');

async function open(t: TestContext, content: object | undefined, more: WorldOptions = {}): Promise<World> {
  const world = await openWorld({
    setting: 'cases',
    change: (described) => ({ ...described, record: { ...described.record, ...(content && { content: { ...settings, ...content } }) } }),
    prepare: (directory) => writeFileSync(join(directory, 'content.key'), `${key}\n`, { mode: 0o600 }),
    ...more,
  });
  t.after(() => world.close());
  return world;
}

const settings = { directory: 'content', key_file: 'content.key', retention_days: 30 };
const say = (text: string, name = 'capture') => ({ model: `case-${name}`, messages: [{ role: 'user', content: text }] });
const fold = (world: World) => join(world.directory, 'content');

function filesOf(world: World): string[] {
  if (!existsSync(fold(world))) return [];
  return readdirSync(fold(world)).flatMap((day) => readdirSync(join(fold(world), day)).map((name) => join(fold(world), day, name)));
}

function read(world: World, decisionId: string, part: ContentPart): string {
  const path = filesOf(world).find((each) => each.endsWith(`${decisionId}.${part}.sealed`)) ?? assert.fail(`no ${part}`);
  return openContent(readFileSync(path), { decisionId, part }, readContentKeys(key)).bytes.toString();
}

const decided = (world: World) => world.readLog().entries.filter(isDecided);
const delivered = (world: World) => world.readLog().entries.filter(isDelivered);

for (const stream of [false, true]) {
  test(`prompt and answer are kept, encrypted, and the record knows them (${stream ? 'stream' : 'whole'})`, async (t) => {
    const world = await open(t, {});
    const answered = await chat(world, { ...say('where is the treasure'), stream });
    assert.equal(answered.status, 200);
    const id = answered.headers['x-regate-decision-id'] ?? '';
    await until('end of the delivery', () => delivered(world).length === 1);
    assert.match(read(world, id, 'prompt'), /"content":"where is the treasure"/);
    assert.equal(read(world, id, 'answer'), answered.body);
    const [digest] = readContentKeys(key);
    const [first, end] = [decided(world)[0]?.content, delivered(world)[0]?.content];
    assert.deepEqual(first, {
      size: read(world, id, 'prompt').length,
      digest: digest.digest(Buffer.from(read(world, id, 'prompt'))),
      key: digest.id,
    });
    assert.deepEqual(end, { size: answered.body.length, digest: digest.digest(Buffer.from(answered.body)), key: digest.id });
    for (const path of filesOf(world)) {
      assert.equal(statSync(path).mode & 0o777, 0o600);
      assert.ok(!readFileSync(path).includes('treasure'));
    }
    assert.ok(!world.readLog().text.includes('treasure'), 'the record holds no content');
  });
}

test('where the policy does not say so, nothing is kept', async (t) => {
  const world = await open(t, {});
  assert.equal((await chat(world, say('hello', 'plain'))).status, 200);
  assert.deepEqual(filesOf(world), []);
  assert.equal(decided(world)[0]?.content, undefined);
});

test('a denied prompt is kept as well, where the policy wants it', async (t) => {
  const world = await open(t, {});
  const answered = await chat(world, say('open the vault', 'capture-deny'));
  assert.equal(answered.status, 403);
  assert.match(read(world, answered.headers['x-regate-decision-id'] ?? '', 'prompt'), /open the vault/);
  assert.equal(filesOf(world).length, 1);
});

test('without a place for content such a request is refused, recorded, and goes nowhere', async (t) => {
  const world = await open(t, undefined);
  const answered = await chat(world, say('x'));
  assert.deepEqual([answered.status, codeOf(answered), world.seen.length], [503, 'record.content-unavailable', 0]);
  assert.deepEqual([decided(world)[0]?.decision, decided(world)[0]?.code], ['error', 'record.content-unavailable']);
  assert.equal((await chat(world, say('x', 'plain'))).status, 200, 'others go on');
});

test('a disk that takes no content refuses such requests; an answer that cannot be kept is told as lost', async (t) => {
  let failing: RegExp | undefined = /prompt\.sealed$/;
  const files: FileSystemPort = {
    ...localFileSystem,
    create: (path) =>
      failing?.test(path) ? Promise.reject(Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' })) : localFileSystem.create(path),
  };
  const world = await open(t, {}, { files });
  assert.equal(codeOf(await chat(world, say('x'))), 'record.content-unavailable');
  assert.equal(world.seen.length, 0);
  failing = /answer\.sealed$/;
  assert.equal((await chat(world, say('x'))).status, 200);
  await until('end of the delivery', () => delivered(world).length === 2);
  assert.equal(delivered(world)[1]?.content?.lost, true);
});

test('more than the bound is cut off, and said; the caller gets all of it', async (t) => {
  const world = await open(t, { max_kib: 1 });
  const answered = await chat(world, { ...say('y'.repeat(3000)), stream: true });
  const id = answered.headers['x-regate-decision-id'] ?? '';
  await until('end of the delivery', () => delivered(world).length === 1);
  const [first, end] = [decided(world)[0]?.content, delivered(world)[0]?.content];
  assert.deepEqual([first?.size, first?.truncated, read(world, id, 'prompt').length], [1024, true, 1024]);
  const kept = read(world, id, 'answer');
  assert.equal(kept, answered.body.slice(0, 1024));
  assert.equal(end?.truncated, answered.body.length > 1024 ? true : undefined);
});

test('each attempt has its own content', async (t) => {
  const world = await open(t, {});
  world.posts.primary.fault = { kind: 'status', status: 500 };
  const answered = await chat(world, say('again', 'capture-fallback'));
  assert.equal(answered.status, 200);
  await until('both ends', () => delivered(world).length === 2);
  const prompts = filesOf(world).filter((path) => path.endsWith('.prompt.sealed'));
  assert.equal(prompts.length, 2);
  assert.equal(new Set(decided(world).map(({ content }) => content?.digest)).size, 1, 'the same prompt has the same digest');
});

test('an added key encrypts from the next request on; one that others can read is not used', async (t) => {
  const world = await open(t, {});
  const path = join(world.directory, 'content.key');
  await chat(world, say('one'));
  const second = randomBytes(32).toString('base64');
  writeFileSync(path, `${key}\n${second}\n`, { mode: 0o600 });
  await chat(world, say('two'));
  const used = decided(world).map(({ content }) => content?.key);
  assert.deepEqual(used, [readContentKeys(key)[0].id, readContentKeys(second)[0].id]);
  chmodSync(path, 0o644);
  assert.equal(codeOf(await chat(world, say('three'))), 'record.content-unavailable');
});

test('content is read by command, and vouched for by the record', async (t) => {
  const world = await open(t, {});
  const answered = await chat(world, say('the plan'));
  const id = answered.headers['x-regate-decision-id'] ?? '';
  await until('end of the delivery', () => delivered(world).length === 1);
  const cli = join(import.meta.dirname, '../cli/log/run-log-command.ts');
  const run = (...args: string[]) =>
    execFileSync(
      process.execPath,
      [cli, 'content', id, '--content', fold(world), '--directory', join(world.directory, 'decisions'), ...args],
      {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
  const keyFile = join(world.directory, 'content.key');
  assert.match(run('--key', keyFile), /the plan/);
  assert.equal(run('--key', keyFile, '--part', 'answer'), answered.body);
  writeFileSync(keyFile, `${randomBytes(32).toString('base64')}\n`);
  assert.throws(() => run('--key', keyFile), /which is not in the key file/);
});
