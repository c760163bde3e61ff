import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { refuse } from '../../../gateway/errors.ts';
import { openDecisionLog } from '../../../gateway/ledger/decision-log.ts';
import { makeRecord } from '../../../gateway/pipeline/record/record.ts';
import { makeDirectory, makeFrozenClock, makeLogKeeper } from '../../ledger/log-harness.ts';
import { writeSignedLog } from '../../ledger/tampering/signed-log.ts';
import { kinds } from '../../ledger/tampering/tamper.ts';
import { delivery, makeAllowed, makePolicy, makeRefused, makeUnknown } from '../../pipeline/record/record-harness.ts';

interface Run {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs the command as people do, in a process of its own: exit codes count. */
function run(...args: string[]): Promise<Run> {
  const script = join(import.meta.dirname, 'run-log-command.ts');
  return new Promise((resolve) => {
    execFile(process.execPath, [script, ...args], (error, out, err) =>
      resolve({ code: error === null ? 0 : Number(error.code), out, err }),
    );
  });
}

async function writeLog(t: TestContext): Promise<string> {
  const directory = makeDirectory(t);
  const clock = makeFrozenClock();
  const logger = makeLogKeeper();
  const policy = makePolicy(() => ['/input/identity']);
  const log = await openDecisionLog({ directory, maxSegmentBytes: 4000, clock, logger });
  const record = makeRecord({ log, clock, labels: {}, catalogueDigest: 'c', anonymousPerSecond: 1, logger });
  const allowed = (id: string) => ({ ...makeAllowed(), decisionId: id });
  for (const id of ['allow-1', 'allow-2', 'allow-3']) {
    await record.decided(allowed(id), policy);
    await record.delivered(allowed(id), delivery, 1.2);
  }
  const denied = { ...makeRefused(refuse('policy.denied')), decisionId: 'deny-1' };
  await record.decided(denied, policy);
  await record.delivered(denied, { outcome: 'refused', status: 403, committed: true, bytesSent: 10 }, 1);
  await record.decided(allowed('lost-1'), policy);
  for (let n = 0; n < 3; n += 1)
    await record.decided({ ...makeUnknown(refuse('credential.missing')), decisionId: `unknown-${n}` }, undefined);
  await record.close();
  await log.close();
  assert.ok(readdirSync(directory).length > 1, 'over several segments');
  return directory;
}

test('show tells the whole story of one decision', async (t) => {
  const directory = await writeLog(t);
  const { code, out } = await run('show', 'allow-2', '--directory', directory);
  assert.equal(code, 0);
  for (const text of [
    'ALLOW  allow-2',
    'POST /v1/chat/completions (chat)',
    'person  okta:00u1  jwt  roles engineer',
    'token  jti-1',
    'credential  openai-key  version v3',
    'asked the-model-as-asked, sent gpt-small, answered gpt-small-2026',
    'openai / small, credential openai-key',
    'role.granted  (platform)  quotes the-model-as-asked',
    'cap-tokens: discharged',
    '1 erased',
    'completed, status 200, tokens 3 in, 5 out, finish stop, 321 bytes',
  ]) {
    assert.ok(out.includes(text), `${text}\n---\n${out}`);
  }
  assert.ok(!out.includes('allow-1'));
});

test('show tells a denial with its reasons, and a request that never ended', async (t) => {
  const directory = await writeLog(t);
  const denied = await run('show', 'deny-1', '--directory', directory);
  assert.match(denied.out, /DENY {2}policy\.denied {2}deny-1/);
  assert.match(denied.out, /device\.unmanaged/);
  assert.match(denied.out, /refused, policy\.denied, status 403/);
  const lost = await run('show', 'lost-1', '--directory', directory);
  assert.match(lost.out, /delivered +not on record/);
});

const filters: { args: string[]; ids: string[] }[] = [
  { args: ['--last', '0', '--denied'], ids: ['deny-1', 'unknown-0'] },
  { args: ['--code', 'device.unmanaged'], ids: ['deny-1'] },
  { args: ['--code', 'policy.denied'], ids: ['deny-1'] },
  { args: ['--person', 'okta:00u1', '--last', '2'], ids: ['deny-1', 'lost-1'] },
  { args: ['--person', 'openai-key'], ids: ['allow-1', 'allow-2', 'allow-3', 'lost-1'] },
  { args: ['request-1', '--last', '0'], ids: ['allow-1', 'allow-2', 'allow-3', 'deny-1', 'lost-1', 'unknown-0'] },
];

for (const { args, ids } of filters) {
  test(`show ${args.join(' ')}`, async (t) => {
    const directory = await writeLog(t);
    const { out } = await run('show', ...args, '--json', '--directory', directory);
    const entries = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { kind: string; decision_id: string });
    assert.deepEqual(
      entries.filter(({ kind }) => kind === 'decided').map(({ decision_id }) => decision_id),
      ids,
    );
    for (const { kind, decision_id } of entries) if (kind === 'delivered') assert.ok(ids.includes(decision_id));
  });
}

test('show tells of refusals that got no line of their own', async (t) => {
  const directory = await writeLog(t);
  const { out } = await run('show', '--directory', directory);
  assert.match(out, /callers whom nobody knows.*\n +2 {2}credential\.missing/);
});

test('show: nothing found, no log', async (t) => {
  const directory = await writeLog(t);
  const none = await run('show', 'no-such-id', '--directory', directory);
  assert.deepEqual([none.code, none.out], [1, '']);
  assert.match(none.err, /No decision on record matches/);
  const nowhere = await run('show', '--directory', join(directory, 'nowhere'));
  assert.notEqual(nowhere.code, 0);
  assert.match(nowhere.err, /there is no decision log at/);
});

test("show: a caller's text does not act on the terminal", async (t) => {
  const directory = makeDirectory(t);
  const clock = makeFrozenClock();
  const logger = makeLogKeeper();
  const log = await openDecisionLog({ directory, maxSegmentBytes: 1e6, clock, logger });
  const record = makeRecord({ log, clock, labels: {}, catalogueDigest: 'c', anonymousPerSecond: 1, logger });
  const story = makeAllowed();
  await record.decided(
    { ...story, request: { stream: false, sizeBytes: 1, ignoredHeaders: [], model: '\u001b[2Jgone\u009b1m' } },
    makePolicy(() => []),
  );
  await log.close();
  const { out } = await run('show', '--directory', directory);
  assert.ok(out.includes('gone') && !out.includes('\u001b') && !out.includes('\u009b'));
});

test('verify: 0 where the log holds, 1 where not, and the first line that is wrong', async (t) => {
  const directory = await writeLog(t);
  const good = await run('verify', '--directory', directory);
  assert.equal(good.code, 0, good.out);
  assert.match(good.out, /^The log holds: \d+ lines in \d+ segments\.\n {2}head: {2}[0-9a-f]{64} {2}line \d+ of decisions-/);

  const head = /[0-9a-f]{64}/.exec(good.out)?.[0] ?? '';
  assert.equal((await run('verify', '--directory', directory, '--head', head)).code, 0);
  assert.equal((await run('verify', '--directory', directory, '--head', '0'.repeat(63).concat('1'))).code, 1);
  assert.notEqual((await run('verify', '--directory', directory, '--head', 'short')).code, 0);

  const [first = ''] = readdirSync(directory).sort();
  const path = join(directory, first);
  writeFileSync(path, readFileSync(path, 'utf8').replace('"decision":"allow"', '"decision":"deny"'));
  const bad = await run('verify', '--directory', directory);
  assert.equal(bad.code, 1);
  assert.match(bad.out, new RegExp(`first: altered: ${first} line 2 has not the hash of its bytes`));
  const json = JSON.parse((await run('verify', '--directory', directory, '--json')).out) as { problems: { line: number }[] };
  assert.equal(json.problems[0]?.line, 2);
});

test('a decision is proved and the proof verified by command; another key, another record and a changed proof are refused', async (t) => {
  const place = await writeSignedLog(t);
  const file = join(place.elsewhere, 'proof.json');
  const keys = `${place.keyFile}.pub`;
  assert.equal((await run('prove', 'b-3', '--directory', place.directory, '--out', file)).code, 0);
  const good = await run('verify-proof', file, '--keys', keys);
  assert.deepEqual([good.code, good.err], [0, '']);
  assert.match(good.out, /^record 1: holds: decided of b-3 at undefined, under the checkpoint of 2026-01-03T\S+ by key [0-9a-f]{16}\n$/);

  const { proofs } = JSON.parse(readFileSync(file, 'utf8')) as { proofs: { line: string }[] };
  const record = join(place.elsewhere, 'record.ndjson');
  writeFileSync(record, `${proofs[0]?.line}\n`);
  assert.equal((await run('verify-proof', file, '--keys', keys, '--record', record)).code, 0);
  writeFileSync(record, `${proofs[0]?.line.replace('deny', 'okay')}\n`);
  const other = await run('verify-proof', file, '--keys', keys, '--record', record);
  assert.deepEqual([other.code, /DOES NOT HOLD: a line of the record is not what is proved/.test(other.out)], [1, true]);

  await run('keygen', '--key', join(place.elsewhere, 'other.key'));
  const stranger = await run('verify-proof', file, '--keys', join(place.elsewhere, 'other.key.pub'));
  assert.deepEqual([stranger.code, /DOES NOT HOLD: its checkpoint is of the key \w+, which is not trusted/.test(stranger.out)], [1, true]);
  writeFileSync(file, readFileSync(file, 'utf8').replace('deny', 'okay'));
  assert.equal((await run('verify-proof', file, '--keys', keys)).code, 1);
  assert.equal((await run('prove', 'nobody', '--directory', place.directory)).code, 1);
});

test('verify compares with checkpoints that were kept elsewhere, and trusts the keys that it is given', async (t) => {
  const place = await writeSignedLog(t);
  const options = ['--directory', place.directory, '--keys', `${place.keyFile}.pub`, '--checkpoints', place.elsewhere];
  const good = await run('verify', ...options);
  assert.equal(good.code, 0, good.out);
  assert.match(good.out, /signed: \d+ lines stand under \d+ checkpoints; believed keys: [0-9a-f]{16}\n/);
  kinds['truncated-with-its-checkpoints']?.(place.directory);
  assert.equal((await run('verify', '--directory', place.directory)).code, 0, 'it cannot show here');
  const cut = await run('verify', ...options);
  assert.equal(cut.code, 1);
  assert.match(cut.out, /missing: decisions-\S+ line 3 and what follows is cut off; the checkpoint of/);
  const wrong = await run('verify', '--directory', place.directory, '--keys', join(place.directory, place.segments()[0] ?? ''));
  assert.equal(wrong.code, 2);
});

test('keygen makes a key, lists it, and rotates it', async (t) => {
  const key = join(makeDirectory(t), 'checkpoint.key');
  const first = await run('keygen', '--key', key);
  const rotated = await run('keygen', '--key', key, '--rotate');
  const [id] = /[0-9a-f]{16}/.exec(first.out) ?? [];
  assert.match(rotated.out, new RegExp(`handed over by ${id}\n`));
  assert.equal(readFileSync(`${key}.pub`, 'utf8').split('\n').length, 3);
});
