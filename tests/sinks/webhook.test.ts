import assert from 'node:assert/strict';
import { test } from 'node:test';
import { localFileSystem as files } from '../../gateway/ledger/file-system.ts';
import { pickSegments } from '../../gateway/ledger/segment-names.ts';
import { seal } from '../../gateway/secret.ts';
import { makeReadToken } from '../../gateway/sinks/read-token.ts';
import { DeliveryFailure } from '../../gateway/sinks/sender.ts';
import { makeWebhookSender } from '../../gateway/sinks/webhook.ts';
import { eventually, openSink, readSegmentLines, testSinkContract, timeoutMs } from './contract.ts';
import { type HttpReceiver, startHttpReceiver } from './http-receiver.ts';
import { makeTestLog } from './log.ts';

const linesOf = ({ accepted }: HttpReceiver): readonly string[] =>
  accepted.flatMap(({ body }) => body.toString('utf8').trimEnd().split('\n'));

function decisionsOf(receiver: HttpReceiver): readonly string[] {
  const entries = linesOf(receiver).map((line) => JSON.parse(line) as { kind: string; decision_id: string });
  return entries.filter(({ kind }) => kind === 'decided').map(({ decision_id }) => decision_id);
}

for (const gzip of [false, true]) {
  testSinkContract({
    name: gzip ? 'webhook, gzipped' : 'webhook',
    carries: 'every line',
    async start(t) {
      const receiver = await startHttpReceiver(t);
      const configuration = { url: `${receiver.url}/in?a=b`, timeoutMs, gzip, format: 'regate' as const };
      return { receiver, makeSender: () => makeWebhookSender({ configuration }), arrived: () => decisionsOf(receiver) };
    },
  });
}

test('a line arrives as it stands in the log, so that its hash can be checked', async (t) => {
  const log = await makeTestLog(t);
  const receiver = await startHttpReceiver(t, {
    check: ({ method, path, headers }) => {
      assert.deepEqual([method, path], ['POST', '/in']);
      assert.equal(headers['content-type'], 'application/x-ndjson');
      assert.equal(headers.authorization, 'Bearer t0k');
      assert.match(String(headers['x-regate-batch']), /^decisions-.*\.ndjson:2-7$/);
    },
  });
  await log.decide(3);
  const sender = makeWebhookSender({
    configuration: { url: `${receiver.url}/in`, timeoutMs, gzip: false, format: 'regate' },
    token: makeReadToken(async () => seal('t0k')),
  });
  await openSink(t, log, sender);
  await eventually(() => linesOf(receiver).length === 6, 'all have arrived');
  const [segment = ''] = pickSegments(await files.list(log.directory));
  assert.deepEqual(linesOf(receiver), readSegmentLines(log.directory, segment).slice(1));
  await log.close();
});

test('a batch that is too large is halved until it fits', async (t) => {
  const log = await makeTestLog(t);
  const receiver = await startHttpReceiver(t);
  receiver.behave('refuse-large', 1000);
  const ids = await log.decide(10);
  const { sink } = await openSink(
    t,
    log,
    makeWebhookSender({ configuration: { url: receiver.url, timeoutMs, gzip: false, format: 'regate' } }),
  );
  await eventually(() => sink.status().delivered_lines === 20, 'all are confirmed');
  assert.deepEqual(decisionsOf(receiver), ids);
  assert.deepEqual(sink.status().failures, {}, 'halving is no failure');
  await log.close();
});

test('a line that the receiver never takes is given up only where it takes the next one', async (t) => {
  const log = await makeTestLog(t);
  const receiver = await startHttpReceiver(t);
  receiver.behave('refuse-large', 1000);
  const [first] = await log.decide(1);
  await log.decide(1, { input: { text: 'x'.repeat(3000) } });
  const { sink, logger } = await openSink(
    t,
    log,
    makeWebhookSender({ configuration: { url: receiver.url, timeoutMs, gzip: false, format: 'regate' } }),
  );
  await eventually(() => sink.status().failures['too-large'] !== undefined, 'the last line is too large');
  assert.deepEqual(decisionsOf(receiver), [first]);
  const [last] = await log.decide(1);
  await eventually(() => sink.status().delivered_lines === 4, 'the lines after it are confirmed');
  assert.deepEqual(decisionsOf(receiver), [first, last]);
  const { given_up_lines, delivered_lines } = sink.status();
  assert.deepEqual([given_up_lines, delivered_lines], [2, 4]);
  assert.ok(logger.lines.some(({ message, fields }) => message.includes('is given up') && fields?.['kind'] === 'too-large'));
  await log.close();
});

test('failures are told apart by what an operator would do', async (t) => {
  const { createServer } = await import('node:http');
  let status = 0;
  const server = createServer((_req, res) =>
    res.writeHead(status, { 'retry-after': '7', location: 'https://elsewhere.example' }).end('secret words'),
  );
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.closeAllConnections());
  t.after(() => server.close());
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : 0;
  const sender = makeWebhookSender({ configuration: { url: `http://127.0.0.1:${port}/`, timeoutMs, gzip: false, format: 'regate' } });
  const line = { segment: 's', number: 1, bytes: Buffer.from('{}') };
  const expected = { 301: 'misdirected', 400: 'rejected', 401: 'unauthorized', 403: 'unauthorized', 404: 'misdirected', 413: 'too-large' };
  for (const [code, kind] of Object.entries({ ...expected, 422: 'rejected', 429: 'throttled', 500: 'failed', 503: 'failed' })) {
    status = Number(code);
    await assert.rejects(sender.send([line], new AbortController().signal), (error) => {
      assert.ok(error instanceof DeliveryFailure);
      assert.equal(error.kind, kind, code);
      assert.equal(error.retryAfterMs, 7000);
      assert.doesNotMatch(error.message, /secret/);
      return true;
    });
  }
  await sender.close();
});

test('a sink whose credential is not there says so and sends nothing', async (t) => {
  const receiver = await startHttpReceiver(t);
  const token = makeReadToken(async () => {
    throw new Error('gone');
  });
  const sender = makeWebhookSender({ configuration: { url: receiver.url, timeoutMs, gzip: false, format: 'regate' }, token });
  const line = { segment: 's', number: 1, bytes: Buffer.from('{}') };
  await assert.rejects(sender.send([line], new AbortController().signal), { kind: 'no-credential' });
  assert.equal(receiver.seen(), 0);
});
