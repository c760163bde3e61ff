import assert from 'node:assert/strict';
import { chmodSync, existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Breakage } from '../../gateway/errors.ts';
import { makeKey, makeKeyRing, readSigningKey } from '../../gateway/ledger/checkpoint-keys.ts';
import { makeCheckpoints } from '../../gateway/ledger/checkpoints.ts';
import { openDecisionLog } from '../../gateway/ledger/decision-log.ts';
import { localFileSystem } from '../../gateway/ledger/file-system.ts';
import { openKeyFile, publicListOf, readKeyList, rotateKeyFile } from '../../gateway/ledger/key-file.ts';
import { checkProof, proveDecision } from '../../gateway/ledger/proof.ts';
import { verifyLog } from '../../gateway/ledger/verify-log.ts';
import { makeDirectory, makeFrozenClock, makeLogKeeper, until } from './log-harness.ts';
import { makeMemoryDisk } from './memory-disk.ts';
import { verifyFromDocs, verifyProofFromDocs } from './second-verifier.ts';
import { day, firstDay, makePlace, writeRun, writeSignedLog } from './tampering/signed-log.ts';

test('the key is made once, for its owner only, and its public half is listed', (t) => {
  const path = join(makeDirectory(t), 'keys', 'checkpoint.key');
  const made = openKeyFile(path, 0);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.deepEqual(openKeyFile(path, 1).entries, made.entries);
  assert.deepEqual(readKeyList(readFileSync(publicListOf(path), 'utf8')), made.entries);
  assert.ok(!readFileSync(publicListOf(path), 'utf8').includes('PRIVATE'));
});

test('a key that others can read, that is gone, or that is none, is not used, and nothing of it is told', (t) => {
  const path = join(makeDirectory(t), 'checkpoint.key');
  openKeyFile(path, 0);
  chmodSync(path, 0o644);
  assert.throws(() => openKeyFile(path, 1), /chmod 600/);
  chmodSync(path, 0o600);
  writeFileSync(path, 'not a key');
  assert.throws(
    () => openKeyFile(path, 1),
    (error) => error instanceof Breakage && !error.message.includes('not a key'),
  );
  rmSync(path);
  assert.throws(() => openKeyFile(path, 1), /is gone, but its public key is listed/);
  assert.ok(!existsSync(path), 'no second row of keys is begun in silence');
});

test('a rotated key signs for a log that holds, for whoever trusts the first one', async (t) => {
  const place = makePlace(t);
  await writeRun(place, { run: 'a', at: firstDay });
  const [first] = readKeyList(readFileSync(publicListOf(place.keyFile), 'utf8'));
  const { signing } = rotateKeyFile(place.keyFile, firstDay + day);
  await writeRun(place, { run: 'b', at: firstDay + day });
  const result = await verifyLog({ directory: place.directory, keys: first === undefined ? [] : [first] });
  assert.deepEqual([result.problems, result.checkpoints.keys], [[], [first?.id, signing.id]]);
  assert.deepEqual(verifyFromDocs(place.directory), []);
});

test('a key that nobody handed over to is believed by nobody who trusts another', async (t) => {
  const place = makePlace(t);
  await writeRun(place, { run: 'a', at: firstDay });
  const other = openKeyFile(join(makeDirectory(t), 'other.key'), 0);
  const { problems, checkpoints } = await verifyLog({ directory: place.directory, keys: other.entries });
  assert.equal(checkpoints.count, 0);
  assert.ok(problems.some(({ message }) => message.includes('which no trusted key has handed over to')));
  const forged = { ...(other.entries[0] ?? assert.fail()), by: other.signing.id, signature: 'A'.repeat(86) };
  assert.deepEqual([...makeKeyRing(openKeyFile(place.keyFile, 0).entries, [forged]).keys()], [openKeyFile(place.keyFile, 0).signing.id]);
});

test('a key that is rotated while the gateway runs signs from the next checkpoint on', async (t) => {
  const place = makePlace(t);
  const [clock, logger] = [makeFrozenClock(), makeLogKeeper()];
  let held = openKeyFile(place.keyFile, 0);
  const needs = { directory: place.directory, files: localFileSystem, run: 'a', clock, logger };
  const checkpoints = await makeCheckpoints({ ...needs, key: () => held, everyMs: 60_000, everyLines: 2 });
  const log = await openDecisionLog({ ...needs, maxSegmentBytes: 1e6, checkpoints });
  await log.append({ kind: 'decided', n: 1 });
  held = rotateKeyFile(place.keyFile, 1);
  await log.append({ kind: 'decided', n: 2 });
  await log.append({ kind: 'decided', n: 3 });
  await log.close();
  await checkpoints.close();
  assert.equal(place.checkpointFiles().length, 2, 'the new key has a file of its own, whose header lists it');
  const { problems, checkpoints: found } = await verifyLog({ directory: place.directory });
  assert.deepEqual([problems, found.keys.length, found.lines], [[], 2, 5]);
});

test('each record can be proved to one who has the public key, the record and the proof, and nothing else', async (t) => {
  const place = await writeSignedLog(t);
  const [entry] = openKeyFile(place.keyFile, 0).entries;
  const ring = makeKeyRing(entry === undefined ? [] : [entry], []);
  for (const id of ['a-0', 'a-7', 'b-13', 'c-29']) {
    const proofs = await proveDecision(localFileSystem, place.directory, id);
    assert.ok(!('why' in proofs), id);
    assert.equal(proofs.length, 1);
    for (const proof of proofs) {
      assert.equal(checkProof(proof, ring), undefined, id);
      assert.deepEqual(verifyProofFromDocs(JSON.stringify({ proofs }), entry?.public ?? ''), []);
      const altered = proof.line.replace('"decision":"deny"', '"decision":"okay"');
      assert.match(checkProof({ ...proof, line: altered }, ring) ?? '', /hash of its bytes/);
      assert.match(checkProof({ ...proof, index: proof.index + 1 }, ring) ?? '', /another number/);
      assert.match(checkProof({ ...proof, path: proof.path.slice(1) }, ring) ?? '', /does not lead to the root/);
      const grown = proof.checkpoint.replace(/"size":(\d+)/, '"size":1$1');
      assert.match(checkProof({ ...proof, checkpoint: grown }, ring) ?? '', /signature/);
      assert.match(checkProof(proof, new Map()) ?? '', /not trusted/);
    }
  }
  assert.deepEqual(await proveDecision(localFileSystem, place.directory, 'nobody'), { why: 'No decision on record has this id.' });
});

test('a run that was killed signs nothing any more; the next one covers what it left', async (t) => {
  const place = makePlace(t);
  const [clock, logger] = [makeFrozenClock(), makeLogKeeper()];
  const log = await openDecisionLog({ directory: place.directory, maxSegmentBytes: 2000, clock, logger, run: 'killed' });
  for (let n = 0; n < 20; n += 1)
    await log.append({ schema: 'regate.decision/1', kind: 'decided', decision_id: `k-${n}`, text: 'x'.repeat(200) });
  // It is never closed. Its segments are rotated ones and one without an end.
  const before = await proveDecision(localFileSystem, place.directory, 'k-3');
  assert.match('why' in before ? before.why : '', /No checkpoint covers/);
  await writeRun(place, { run: 'next', at: firstDay + day });
  const { problems, checkpoints, lines } = await verifyLog({ directory: place.directory });
  assert.deepEqual([problems, checkpoints.lines], [[], lines]);
  assert.ok(!('why' in (await proveDecision(localFileSystem, place.directory, 'k-3'))));
  await log.close();
});

test('a disk that takes no checkpoint costs no request; it is made when the disk is well', async () => {
  const disk = makeMemoryDisk();
  const [clock, logger] = [makeFrozenClock(), makeLogKeeper()];
  const { key } = makeTestKey();
  const needs = { directory: '/d', files: disk.files, run: 'a', clock, logger };
  disk.fail('create', 'ENOSPC');
  const checkpoints = await makeCheckpoints({ ...needs, key, everyMs: 60_000, everyLines: 2 });
  disk.fail('create', undefined);
  const log = await openDecisionLog({ ...needs, maxSegmentBytes: 1e6, checkpoints });
  for (const n of [1, 2, 3]) await log.append({ kind: 'decided', n });
  await until(() => disk.names().some((name) => name.startsWith('checkpoints-')));
  await log.close();
  await checkpoints.close();
  const { problems, checkpoints: found, lines } = await verifyLog({ directory: '/d', files: disk.files });
  assert.deepEqual([problems, found.lines], [[], lines]);
  assert.ok(
    logger.lines.some(({ level }) => level === 'error'),
    'it was said',
  );
});

for (const [operation, code] of [
  ['write', 'ENOSPC'],
  ['datasync', 'EIO'],
] as const) {
  test(`a checkpoint whose ${operation} fails is abandoned with its file, and made again in the next`, async () => {
    const disk = makeMemoryDisk();
    const [clock, logger] = [makeFrozenClock(), makeLogKeeper()];
    const { key } = makeTestKey();
    const needs = { directory: '/d', files: disk.files, run: 'a', clock, logger };
    const checkpoints = await makeCheckpoints({ ...needs, key, everyMs: 60_000, everyLines: 1_000 });
    const log = await openDecisionLog({ ...needs, maxSegmentBytes: 1e6, checkpoints });
    await log.append({ kind: 'decided', n: 1 });
    const end = checkpoints.end();
    disk.fail(operation, code);
    await checkpoints.held({
      segment: 'decisions-20260101T000000000Z-z-0001.ndjson',
      head: '0'.repeat(64),
      tree: { size: 1, peaks: ['0'.repeat(64)] },
    });
    assert.deepEqual(checkpoints.end(), end, 'nothing was stated');
    disk.fail(operation, undefined);
    await log.close();
    await checkpoints.close();
    const files = disk.names().filter((name) => name.startsWith('checkpoints-'));
    assert.equal(files.length, 2);
  });
}

/** A key that is on no disk. */
function makeTestKey() {
  const { pem, entry } = makeKey(0);
  const held = { signing: readSigningKey(pem), entries: [entry] };
  return { key: () => held };
}
