import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until } from '../ledger/log-harness.ts';
import { makeMemoryDisk } from '../ledger/memory-disk.ts';
import { startDemoGateway } from './gateway.ts';

const hello = { model: 'gpt-5.1', messages: [{ role: 'user', content: 'Hello' }] };

test('no byte reaches the backend before fdatasync has resolved', async (t) => {
  const disk = makeMemoryDisk();
  const { demo, post } = await startDemoGateway(t, { files: disk.files });
  const isWritten = () => disk.names().some((name) => disk.read(name).toString().includes('"kind":"decided"'));
  let syncs = disk.holdSyncs();
  const answer = post('/v1/chat/completions', 'engineer', hello);
  await until(() => syncs.waiting() > 0);
  // What the gateway says of its own start may be on its way to the disk still: it is let through.
  while (!isWritten()) {
    syncs.release();
    syncs = disk.holdSyncs();
    await until(() => syncs.waiting() > 0);
  }
  // The line is written, and the request stands still: only the sync is missing.
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(demo.upstream.requests.length, 0);
  syncs.release();
  assert.equal((await answer).status, 200);
  assert.equal(demo.upstream.requests.length, 1);
});

for (const [operation, code] of [
  ['datasync', 'EIO'],
  ['write', 'ENOSPC'],
  ['write', 'EROFS'],
] as const) {
  test(`a decision that cannot be recorded (${operation}: ${code}) is not forwarded, and the gateway recovers by itself`, async (t) => {
    const disk = makeMemoryDisk();
    const { demo, post } = await startDemoGateway(t, { files: disk.files });
    disk.fail(operation, code);
    disk.fail('create', code);
    const refused = await post('/v1/chat/completions', 'engineer', hello);
    assert.equal(refused.status, 503);
    assert.equal(JSON.parse(refused.text).error.code, 'record.unavailable');
    assert.equal(demo.upstream.requests.length, 0);
    const abandoned = disk.names();

    disk.fail(operation, undefined);
    disk.fail('create', undefined);
    let status = 503;
    for (let tries = 0; status === 503 && tries < 500; tries++) {
      await new Promise((resolve) => setTimeout(resolve, 10));
      ({ status } = await post('/v1/chat/completions', 'engineer', hello));
    }
    assert.equal(status, 200);
    // A file whose sync has failed may have lost what the kernel took (fsync clears the error): nothing more is written to it.
    const [first = ''] = abandoned;
    assert.ok(disk.names().length > abandoned.length, 'a new segment was begun');
    assert.doesNotMatch(disk.read(first).toString(), /"decision":"allow"[^\n]*\n[^\n]*"decision":"allow"/);
  });
}

test('a denial that cannot be recorded is told as that, not as the denial', async (t) => {
  const disk = makeMemoryDisk();
  const { post } = await startDemoGateway(t, { files: disk.files });
  disk.fail('write', 'ENOSPC');
  disk.fail('create', 'ENOSPC');
  const refused = await post('/v1/chat/completions', 'engineer-personal-laptop', hello);
  assert.equal(refused.status, 503);
  assert.equal(JSON.parse(refused.text).error.code, 'record.unavailable');
});
