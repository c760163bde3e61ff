import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { openDecisionLog } from '../../gateway/ledger/decision-log.ts';
import { localFileSystem } from '../../gateway/ledger/file-system.ts';
import { runContract } from './contract.ts';
import { makeDirectory, makeFrozenClock, makeLogKeeper } from './log-harness.ts';
import { makeMemoryDisk } from './memory-disk.ts';
import { verifyFromDocs } from './second-verifier.ts';

const root = mkdtempSync(join(tmpdir(), 'regate-log-'));
after(() => rmSync(root, { recursive: true, force: true }));

runContract('local disk', () => ({ files: localFileSystem, directory: mkdtempSync(join(root, 'd-')) }));
runContract('memory disk', () => ({ files: makeMemoryDisk().files, directory: '/decisions' }));

test('the directory is 0700 and a segment 0600, whatever the umask', async (t) => {
  const before = process.umask(0);
  t.after(() => process.umask(before));
  const directory = join(makeDirectory(t), 'new', 'decisions');
  const log = await openDecisionLog({ directory, maxSegmentBytes: 1e6, clock: makeFrozenClock(), logger: makeLogKeeper() });
  await log.close();
  const [name] = readdirSync(directory);
  assert.ok(name);
  assert.equal(statSync(directory).mode & 0o777, 0o700);
  assert.equal(statSync(join(directory, name)).mode & 0o777, 0o600);
  assert.match(name, /^decisions-20260102T030405000Z-[0-9a-z]+-0001\.ndjson$/);
});

test('a directory that others can enter is pointed out', async (t) => {
  const directory = makeDirectory(t);
  const { chmodSync } = await import('node:fs');
  chmodSync(directory, 0o755);
  const logger = makeLogKeeper();
  const log = await openDecisionLog({ directory, maxSegmentBytes: 1e6, clock: makeFrozenClock(), logger });
  await log.close();
  assert.ok(logger.lines.some(({ level, fields }) => level === 'warn' && fields?.['mode'] === '755'));
});

test('a verifier that was written from the documentation agrees', async (t) => {
  const directory = makeDirectory(t);
  for (const run of ['a', 'b', 'c']) {
    const log = await openDecisionLog({ directory, maxSegmentBytes: 4000, clock: makeFrozenClock(), logger: makeLogKeeper(), run });
    await Promise.all(Array.from({ length: 40 }, (_, n) => log.append({ kind: 'decided', n, text: 'ünï"\\\n' })));
    for (let n = 0; n < 10; n += 1) await log.append({ kind: 'decided', n, text: 'x'.repeat(500) });
    await log.close();
  }
  assert.ok(readdirSync(directory).length > 6);
  assert.deepEqual(verifyFromDocs(directory), []);
});

test('strings in the shape of a secret do not reach the disk, and are counted', async () => {
  const disk = makeMemoryDisk();
  const logger = makeLogKeeper();
  const log = await openDecisionLog({ directory: '/d', maxSegmentBytes: 1e6, files: disk.files, clock: makeFrozenClock(), logger });
  const secrets = {
    bearer: 'Authorization: Bearer abcdefghij0123456789==',
    jwt: 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl',
    key: 'rg_k7f3a9_Zm9vYmFyYmF6cXV4',
    provider: 'sk-proj-0123456789abcdefghijkl',
  };
  await log.append({
    kind: 'decided',
    ...secrets,
    id: 'rg_k7f3a9',
    model: 'task-force-of-the-twenty-first-century',
    eyJust: 'eyJaculation',
  });
  await log.close();
  const text = disk.read(disk.names()[0] ?? '').toString();
  for (const word of ['abcdefghij', 'c2lnbmF0', 'Zm9vYmFy', 'sk-proj']) assert.ok(!text.includes(word), word);
  assert.equal(text.match(/\[secret\]/g)?.length, 4);
  for (const word of ['"rg_k7f3a9"', 'task-force-of-the-twenty-first-century', 'eyJaculation']) assert.ok(text.includes(word), word);
  assert.equal(log.health().scrubbed, 4);
  assert.ok(logger.lines.some(({ level }) => level === 'error'));
});
