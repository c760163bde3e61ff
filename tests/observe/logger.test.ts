import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { test } from 'node:test';
import { makeLogger } from '../../gateway/observe/logger.ts';
import { seal } from '../../gateway/secret.ts';
import type { Logger } from '../../gateway/vocabulary/logger.ts';

const clock = { now: () => Date.UTC(2026, 0, 2, 3, 4, 5, 678), monotonic: () => 0 };

async function log(format: 'json' | 'pretty', write: (logger: Logger) => void, level: 'info' | 'debug' = 'info'): Promise<string> {
  let text = '';
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      text += chunk.toString();
      done();
    },
  });
  const logger = makeLogger({ level, format, stream, clock });
  write(logger);
  await logger.close();
  return text;
}

test('json: one object a line, time, level and message first', async () => {
  const text = await log('json', (logger) => logger.warn('a thing', { count: 3, name: 'x' }));
  assert.equal(text, '{"time":"2026-01-02T03:04:05.678Z","level":"warn","message":"a thing","count":3,"name":"x"}\n');
});

test('pretty: a line for people', async () => {
  const text = await log('pretty', (logger) => logger.info('a thing', { count: 3, name: 'x', text: 'two words', list: [1, 2] }));
  assert.equal(text, '03:04:05.678 info  a thing  count=3  name=x  text="two words"  list=[1,2]\n');
});

test('what is below the level is not written', async () => {
  assert.equal(await log('json', (logger) => logger.debug('x')), '');
  assert.notEqual(await log('json', (logger) => logger.debug('x'), 'debug'), '');
});

for (const format of ['json', 'pretty'] as const) {
  test(`${format}: a field cannot replace or extend time, level and message`, async () => {
    const text = await log(format, (logger) => logger.info('said', { message: 'forged', level: 'error', time: 'never', stack: 'x' }));
    assert.ok(text.includes('said') && text.includes('info'));
    if (format === 'json') assert.ok(!text.includes('forged') && !text.includes('"never"'));
  });

  test(`${format}: a secret is shown as [secret], wherever it stands`, async () => {
    const text = await log(format, (logger) => logger.info('x', { direct: seal('hush'), deep: { list: [seal('hush')] } }));
    assert.ok(!text.includes('hush'));
    assert.equal(text.match(/\[secret\]/g)?.length, 2);
  });

  test(`${format}: cycles, big integers, throwing getters and secrets among them do no harm`, async () => {
    const cycle: Record<string, unknown> = { secret: seal('hush') };
    cycle['self'] = cycle;
    const trap = {
      get broken(): never {
        throw new Error('no');
      },
    };
    const text = await log(format, (logger) => {
      logger.info('cycle', { cycle });
      logger.info('big', { big: 10n });
      logger.info('trap', { trap });
      logger.info('after');
    });
    assert.ok(!text.includes('hush'));
    assert.equal(text.trimEnd().split('\n').length, 4);
    assert.ok(text.includes('after'));
  });

  test(`${format}: nothing in a field starts a new line or a terminal sequence`, async () => {
    const text = await log(format, (logger) => logger.info('x', { field: 'a\nb\r\u001b[31m\u009b31m\u2028c' }));
    assert.equal(text.split(/[\n\r\u2028]/).length, 2);
    assert.ok(!text.includes('\u001b') && !text.includes('\u009b'));
  });

  test(`${format}: an error is shown with its message and, at level error, its stack`, async () => {
    const error = new TypeError('went wrong', { cause: new Error('the root') });
    const text = await log(format, (logger) => logger.error('x', { error }));
    assert.ok(text.includes('TypeError') && text.includes('went wrong') && text.includes('logger.test.ts'));
    if (format === 'json') assert.ok(text.includes('the root'));
  });
}

test('close waits for what has been logged; later calls do nothing', async () => {
  let text = '';
  const slow = new Writable({
    write(chunk: Buffer, _encoding, done) {
      setImmediate(() => {
        text += chunk.toString();
        done();
      });
    },
  });
  const logger = makeLogger({ level: 'info', format: 'json', stream: slow, clock });
  for (let n = 0; n < 50; n += 1) logger.info('x', { n });
  await logger.close();
  await new Promise<void>((resolve) => void slow.end(resolve));
  logger.info('late');
  await logger.close();
  assert.equal(text.trimEnd().split('\n').length, 50);
});

test('a reader that went away ends nothing', async () => {
  const broken = new Writable({ write: (_chunk, _encoding, done) => done(new Error('EPIPE')) });
  const logger = makeLogger({ level: 'info', format: 'json', stream: broken, clock });
  logger.info('x');
  await new Promise((resolve) => setImmediate(resolve));
  logger.info('y');
});
