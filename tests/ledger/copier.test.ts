import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeCopier } from '../../gateway/ledger/copier.ts';
import { makeDeliverToDirectory, makeDeliverToFile } from '../../gateway/ledger/deliver-to-disk.ts';
import { makeDeliverToUrl } from '../../gateway/ledger/deliver-to-url.ts';
import { makeDirectory, makeLogKeeper, until } from './log-harness.ts';

test('texts are appended to one file, or to files of the same names', async (t) => {
  const root = makeDirectory(t);
  const [toFile, toDirectory] = [makeDeliverToFile(join(root, 'new', 'all.ndjson')), makeDeliverToDirectory(join(root, 'each'))];
  for (const deliver of [toFile, toDirectory]) {
    await deliver('a', '1\n');
    await deliver('b', '2\n');
    await deliver('a', '3\n');
  }
  assert.equal(readFileSync(join(root, 'new', 'all.ndjson'), 'utf8'), '1\n2\n3\n');
  assert.equal(readFileSync(join(root, 'each', 'a'), 'utf8'), '1\n3\n');
});

test('what does not arrive is tried again, in order, and it is said once', async () => {
  const logger = makeLogKeeper();
  const arrived: string[] = [];
  let failures = 3;
  const copier = makeCopier({
    place: 'elsewhere',
    logger,
    firstRetryMs: 1,
    deliver: async (_file, text) => {
      failures -= 1;
      if (failures >= 0) throw new Error('not there');
      arrived.push(text);
    },
  });
  for (const text of ['1', '2', '3']) copier.add('f', text);
  while (arrived.length < 3) await new Promise((resolve) => setTimeout(resolve, 1));
  assert.deepEqual(arrived, ['1', '2', '3']);
  assert.deepEqual(
    logger.lines.map(({ level }) => level),
    ['error', 'info'],
  );
  await copier.close();
});

test('a place that is gone for good costs a bounded memory, and the count of what was given up', async () => {
  const logger = makeLogKeeper();
  const deliver = () => Promise.reject(new Error('gone'));
  const copier = makeCopier({ place: 'elsewhere', logger, deliver, room: 3, firstRetryMs: 60_000 });
  for (let n = 0; n < 10; n += 1) copier.add('f', `${n}`);
  await until(() => copier.health().failing);
  assert.deepEqual(copier.health(), { waiting: 3, lost: 7, failing: true });
  await copier.close();
  assert.ok(logger.lines.some(({ message }) => message.includes('did not arrive elsewhere before the end')));
});

test('a receiver gets each text with the token of the moment; only 2xx is arrival', async (t) => {
  const tokenFile = join(makeDirectory(t), 'token');
  writeFileSync(tokenFile, 'first-token\n');
  const seen: (readonly [string | undefined, string])[] = [];
  const statuses = [204, 503, 302];
  const server = createServer((req, res) => {
    let body = '';
    req.on('data', (chunk) => {
      body += String(chunk);
    });
    req.on('end', () => {
      seen.push([req.headers.authorization, body]);
      res.writeHead(statuses[seen.length - 1] ?? 200, { location: '/elsewhere' }).end('thanks');
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const deliver = makeDeliverToUrl({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/checkpoints`, tokenFile });
  await deliver('f', 'one\n');
  writeFileSync(tokenFile, 'second-token\n');
  await assert.rejects(deliver('f', 'two\n'), /status 503/);
  await assert.rejects(deliver('f', 'three\n'), /status 302/);
  assert.deepEqual(seen, [
    ['Bearer first-token', 'one\n'],
    ['Bearer second-token', 'two\n'],
    ['Bearer second-token', 'three\n'],
  ]);
  server.closeAllConnections();
  server.close();
  await assert.rejects(deliver('f', 'four\n'), (error) => error instanceof Error && !error.message.includes('second-token'));
});
