import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { Writable } from 'node:stream';
import { test } from 'node:test';
import { makeLineBatch } from '../../gateway/observe/line-batch.ts';

function keeping() {
  const writes: string[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      writes.push(chunk.toString());
      done();
    },
  });
  return { writes, batch: makeLineBatch(stream) };
}
const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

test('the lines of one turn are one write', async () => {
  const { writes, batch } = keeping();
  batch.add('a\n', false);
  await Promise.resolve();
  batch.add('b\n', false);
  assert.deepEqual(writes, []);
  await nextTurn();
  assert.deepEqual(writes, ['a\nb\n']);
  batch.add('c\n', false);
  await nextTurn();
  assert.deepEqual(writes, ['a\nb\n', 'c\n']);
  batch.close();
});

test('an urgent line is written at once, after those that waited', async () => {
  const { writes, batch } = keeping();
  batch.add('a\n', false);
  batch.add('b\n', true);
  assert.deepEqual(writes, ['a\nb\n']);
  await nextTurn();
  assert.equal(writes.length, 1);
  batch.close();
});

test('many lines do not wait for the end of the turn', () => {
  const { writes, batch } = keeping();
  for (let count = 0; count < 100; count += 1) batch.add('x'.repeat(1000), false);
  assert.equal(writes.length, 1);
  batch.close();
  assert.equal(writes.join('').length, 100_000);
});

for (const [end, code] of [
  ['process.exit(0)', 0],
  ["throw new Error('broken')", 1],
] as const) {
  test(`what waits is written before ${end}`, () => {
    const logger = new URL('../../gateway/observe/logger.ts', import.meta.url).href;
    const script = `const { makeLogger } = await import('${logger}');
      makeLogger({ level: 'info', format: 'json' }).info('the last words');
      ${end};`;
    const { stderr, status } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
    assert.equal(status, code);
    assert.ok(stderr.includes('the last words'), stderr);
  });
}
