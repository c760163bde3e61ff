import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { findDecisions } from '../../gateway/cli/log/find-decisions.ts';
import { makeKeyRing } from '../../gateway/ledger/checkpoint-keys.ts';
import { makeCheckpoints } from '../../gateway/ledger/checkpoints.ts';
import { openDecisionLog } from '../../gateway/ledger/decision-log.ts';
import { type FileSystemPort, localFileSystem } from '../../gateway/ledger/file-system.ts';
import { type HousekeepingNeeds, makeHousekeeping } from '../../gateway/ledger/housekeeping.ts';
import { openKeyFile } from '../../gateway/ledger/key-file.ts';
import { makeKeyHolder } from '../../gateway/ledger/key-holder.ts';
import { checkProof, proveDecision } from '../../gateway/ledger/proof.ts';
import { verifyLog } from '../../gateway/ledger/verify-log.ts';
import { makeFrozenClock, makeLogKeeper } from './log-harness.ts';
import { verifyFromDocs } from './second-verifier.ts';
import { day, firstDay, type SignedLog, writeRun, writeSignedLog } from './tampering/signed-log.ts';

const later = firstDay + 10 * day;

/** Tidies a log up, in a run of its own, as a gateway does that was started after the others. */
async function tidy(
  place: SignedLog,
  more: Pick<HousekeepingNeeds, 'compression' | 'retention'> & { files?: FileSystemPort; at?: number; run?: string },
) {
  const { directory, keyFile } = place;
  const { files = localFileSystem, at = later, run = 'tidy' } = more;
  const [clock, logger] = [makeFrozenClock(at), makeLogKeeper()];
  const needs = { directory, files, run, clock, logger };
  const checkpoints = await makeCheckpoints({
    ...needs,
    key: makeKeyHolder({ path: keyFile, clock, logger }),
    everyMs: 60_000,
    everyLines: 100,
  });
  const log = await openDecisionLog({ ...needs, maxSegmentBytes: 1e6, checkpoints });
  const housekeeping = makeHousekeeping({ ...needs, checkpoints, ...more });
  await housekeeping.pass();
  await housekeeping.close();
  await log.close();
  await checkpoints.close();
  return { logger };
}

const verify = ({ directory }: SignedLog) => verifyLog({ directory });
const plainNames = (place: SignedLog) => place.segments().filter((name) => name.endsWith('.ndjson'));

for (const [compression, ending, unpack] of [
  ['zstd', '.zst', zstdDecompressSync],
  ['gzip', '.gz', gunzipSync],
] as const) {
  test(`ended segments are compressed (${compression}); every reader reads them as before, and any tool can unpack them`, async (t) => {
    const place = await writeSignedLog(t);
    const before = new Map(place.segments().map((name) => [name, readFileSync(join(place.directory, name))]));
    const lines = (await verify(place)).lines;
    await tidy(place, { compression });
    assert.equal(plainNames(place).length, 1, 'only that of the run that tidied up');
    for (const [name, bytes] of before) {
      assert.ok(unpack(readFileSync(join(place.directory, name + ending))).equals(bytes), name);
      assert.ok(!existsSync(join(place.directory, name)));
    }
    const result = await verify(place);
    assert.deepEqual([result.problems, result.lines], [[], lines + 2]);
    assert.deepEqual(verifyFromDocs(place.directory), []);
    const found = await findDecisions(place.directory, { id: 'b-7' }, 1);
    assert.equal(found[0]?.decided?.decision_id, 'b-7');
    const proofs = await proveDecision(localFileSystem, place.directory, 'b-7');
    assert.ok(!('why' in proofs));
    const ring = makeKeyRing(openKeyFile(place.keyFile, 0).entries, []);
    for (const proof of proofs) assert.equal(checkProof(proof, ring), undefined);
    // The next run goes on from there.
    await writeRun(place, { run: 'z', at: later + day });
    assert.deepEqual((await verify(place)).problems, []);
  });
}

test('a compressed segment that was changed is found', async (t) => {
  const place = await writeSignedLog(t);
  await tidy(place, { compression: 'zstd' });
  const [name = ''] = place.segments();
  const path = join(place.directory, name);
  const bytes = readFileSync(path);
  writeFileSync(path, bytes.subarray(0, bytes.length - 20));
  const { problems } = await verify(place);
  const cut = problems.find(({ kind }) => kind === 'altered');
  assert.equal(cut?.segment, name.replace('.zst', ''));
  assert.match(cut?.message ?? '', /cannot be unpacked: the compressed file was changed/);
  const flipped = Buffer.from(bytes);
  flipped[40] = (flipped[40] ?? 0) ^ 0xff;
  writeFileSync(path, flipped);
  assert.notDeepEqual((await verify(place)).problems, []);
});

test('what nobody holds on to yet, and what no checkpoint covers, is left alone', async (t) => {
  const place = await writeSignedLog(t);
  const clock = makeFrozenClock(later);
  const logger = makeLogKeeper();
  const checkpoints = { retire: () => Promise.reject(new Error('nothing is to be retired')) };
  const needs = { directory: place.directory, files: localFileSystem, clock, logger, checkpoints };
  const before = place.segments();
  // No new run has started: nothing holds on to the end of the last segment.
  const housekeeping = makeHousekeeping({ ...needs, compression: 'zstd' });
  await housekeeping.pass();
  assert.deepEqual(plainNames(place), before.slice(-1));
  await housekeeping.close();

  const bare = await writeSignedLog(t);
  for (const name of bare.checkpointFiles()) writeFileSync(join(bare.directory, name), '');
  const other = makeHousekeeping({ ...needs, directory: bare.directory, compression: 'zstd', retention: { maxAgeMs: 1, maxBytes: 1 } });
  await other.pass();
  await other.close();
  assert.deepEqual(plainNames(bare), bare.segments());
});

test('segments go by age, a signed record stands for each, and the log holds without them', async (t) => {
  const place = await writeSignedLog(t);
  await tidy(place, { compression: 'zstd' });
  const before = place.segments().length;
  // The first run wrote on the first day; its last segment was ended before the second run began.
  await tidy(place, { retention: { maxAgeMs: 9.5 * day }, at: firstDay + 11 * day, run: 'second' });
  const left = place.segments();
  assert.ok(left.length > 3 && left.length < before + 1);
  assert.ok(left.every((name) => !name.includes('-a-')));
  const result = await verify(place);
  assert.deepEqual([result.problems, result.checkpoints.retired > 2], [[], true]);
  assert.deepEqual(verifyFromDocs(place.directory), []);
});

test('segments go by size, the oldest first', async (t) => {
  const place = await writeSignedLog(t);
  const names = place.segments();
  const { logger } = await tidy(place, { retention: { maxBytes: 15_000 } });
  const left = place.segments();
  assert.deepEqual(left.slice(0, -1), names.slice(-(left.length - 1)));
  assert.ok(left.length > 1 && left.length < names.length);
  assert.ok(logger.lines.some(({ fields }) => fields?.['why'] === 'size'));
  assert.deepEqual((await verify(place)).problems, []);
});

test('a segment that was tampered with is not removed: nobody can have the traces cleared away', async (t) => {
  const place = await writeSignedLog(t);
  const [first = ''] = place.segments();
  const path = join(place.directory, first);
  writeFileSync(path, readFileSync(path, 'utf8').replace('"decision":"deny"', '"decision":"okay"'));
  const { logger } = await tidy(place, { retention: { maxAgeMs: day } });
  assert.ok(existsSync(path));
  assert.ok(logger.lines.some(({ level, message }) => level === 'error' && message.includes('does not hold and is therefore not removed')));
});

test('a segment that was removed without a record, or whose record was forged, is missed', async (t) => {
  const place = await writeSignedLog(t);
  await tidy(place, { retention: { maxAgeMs: 9.5 * day } });
  const file = place.checkpointFiles().at(-1) ?? '';
  const path = join(place.directory, file);
  const text = readFileSync(path, 'utf8');
  assert.match(text, /"kind":"retirement"/);
  writeFileSync(path, text.replaceAll('"kind":"retirement"', '"kind":"checkpoint"'));
  assert.ok((await verify(place)).problems.some(({ kind, message }) => kind === 'missing' && message.startsWith('is gone')));
});

test('a clock that leaps ahead removes nothing', async (t) => {
  const place = await writeSignedLog(t);
  const logger = makeLogKeeper();
  let now = later;
  const clock = { now: () => now, monotonic: () => 0 };
  const checkpoints = { retire: () => Promise.reject(new Error('nothing is to be retired')) };
  const housekeeping = makeHousekeeping({
    ...{ directory: place.directory, files: localFileSystem, clock, logger, checkpoints },
    retention: { maxAgeMs: 30 * day },
  });
  now += 10_000 * day;
  await housekeeping.pass();
  await housekeeping.close();
  assert.deepEqual(
    logger.lines.map(({ level }) => level),
    ['warn'],
  );
});

/** The machine's disk, on which one operation fails. */
function failing(operation: 'create' | 'rename' | 'remove' | 'syncDirectory', matches: (path: string) => boolean): FileSystemPort {
  return {
    ...localFileSystem,
    [operation]: (path: string, to: string) => {
      if (matches(path)) return Promise.reject(Object.assign(new Error('EIO: as the test wants it'), { code: 'EIO' }));
      return (localFileSystem[operation] as (path: string, to: string) => Promise<unknown>)(path, to);
    },
  };
}

for (const operation of ['create', 'rename', 'remove'] as const) {
  test(`compressing fails at ${operation}: nothing is lost, it is said, and it works when the disk is well`, async (t) => {
    const place = await writeSignedLog(t);
    const { lines } = await verify(place);
    const files = failing(operation, (path) => /decisions-.*(?:\.part|\.ndjson)$/.test(path) && !path.includes('tidy'));
    const { logger } = await tidy(place, { compression: 'zstd', files });
    assert.ok(logger.lines.some(({ level, message }) => level === 'error' && message.includes('could not be tidied up')));
    assert.deepEqual([(await verify(place)).problems, (await verify(place)).lines], [[], lines + 2]);
    await tidy(place, { compression: 'zstd', at: later + day, run: 'well' });
    assert.deepEqual((await verify(place)).problems, []);
    assert.deepEqual(
      readdirSync(place.directory).filter((name) => name.endsWith('.part')),
      [],
    );
  });
}

test('a retirement that cannot be written removes nothing', async (t: TestContext) => {
  const place = await writeSignedLog(t);
  const before = place.segments();
  const [clock, logger] = [makeFrozenClock(later), makeLogKeeper()];
  const checkpoints = { retire: () => Promise.reject(new Error('ENOSPC')) };
  const housekeeping = makeHousekeeping({
    ...{ directory: place.directory, files: localFileSystem, clock, logger, checkpoints },
    retention: { maxAgeMs: day },
  });
  await housekeeping.pass();
  await housekeeping.close();
  assert.deepEqual(place.segments(), before);
  assert.ok(logger.lines.some(({ level }) => level === 'error'));
});
