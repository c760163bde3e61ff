import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openDecisionLog } from '../../gateway/ledger/decision-log.ts';
import { verifyLog } from '../../gateway/ledger/verify-log.ts';
import { makeDirectory, makeFrozenClock, makeLogKeeper, parseLines } from './log-harness.ts';
import { verifyFromDocs } from './second-verifier.ts';

test('kill -9 under load: every acknowledged line is on disk, and the chain holds', { timeout: 60_000 }, async (t) => {
  const directory = makeDirectory(t);
  for (const enough of [200, 1500]) {
    const child = spawn(process.execPath, [join(import.meta.dirname, 'append-until-killed.ts'), directory], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      if (output.split('\n').length > enough) child.kill('SIGKILL');
    });
    const [, signal] = await once(child, 'close');
    assert.equal(signal, 'SIGKILL');
    const acknowledged = output.split('\n').slice(0, -1).map(Number);
    assert.ok(acknowledged.length >= enough);

    const texts = readdirSync(directory).map((name) => readFileSync(join(directory, name), 'utf8'));
    const lines = texts.flatMap((text) => parseLines(text.slice(0, text.lastIndexOf('\n') + 1)));
    const pid = child.pid;
    assert.ok(lines.some((line) => line['kind'] === 'segment' && line['pid'] === pid));
    const there = new Set(lines.filter(({ kind }) => kind === 'decided').map(({ n }) => n));
    for (const n of acknowledged) assert.ok(there.has(n), `line ${n} was acknowledged`);
  }
  const log = await openDecisionLog({
    directory,
    maxSegmentBytes: 1e6,
    clock: makeFrozenClock(Date.now() + 1000),
    logger: makeLogKeeper(),
  });
  await log.close();
  const result = await verifyLog({ directory });
  assert.deepEqual(result.problems, []);
  assert.equal(result.heads.length, 1, 'the next run holds on to the ends of those that were killed');
  assert.deepEqual(verifyFromDocs(directory), []);
});
