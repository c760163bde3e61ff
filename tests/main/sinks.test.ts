import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import type { Configuration } from '../../gateway/vocabulary/configuration.ts';
import type { SinkStatus, WebhookSink } from '../../gateway/vocabulary/sinks.ts';
import { eventually } from '../sinks/contract.ts';
import { startHttpReceiver } from '../sinks/http-receiver.ts';
import { startDemoGateway } from './gateway.ts';

const sinkTo = (url: string): WebhookSink => ({
  ...{ name: 'siem', type: 'webhook', url, gzip: false, format: 'regate' },
  ...{ maxLagBytes: 1e9, batchLines: 500, batchBytes: 1e6, timeoutMs: 60_000 },
});
const withSink =
  (url: string) =>
  (configuration: Configuration): Configuration => ({ ...configuration, record: { ...configuration.record, sinks: [sinkTo(url)] } });

const hello = { model: 'gpt-5.1', messages: [{ role: 'user', content: 'hello' }] };

test('a sink that never answers holds up no request, and is seen in metrics and in /readyz', async (t) => {
  let asked = 0;
  const server = createServer(() => {
    asked += 1;
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const { gateway, post } = await startDemoGateway(t, { configure: withSink(url) });
  await eventually(() => asked === 1, 'a delivery is under way');
  const answers = await Promise.all(Array.from({ length: 20 }, () => post('/v1/chat/completions', 'engineer', hello)));
  assert.equal(asked, 1, 'the delivery is still unanswered');
  for (const { status } of answers) assert.equal(status, 200);

  const ready = await fetch(`${gateway.doorsUrl}/readyz`);
  assert.equal(ready.status, 200, 'a sink is no reason not to serve');
  const text = await (await fetch(`${gateway.doorsUrl}/metrics`)).text();
  const lag = Number(/^regate_sink_lag_bytes\{sink="siem"\} (\d+)$/m.exec(text)?.[1]);
  assert.ok(lag > 10_000, `twenty decisions wait: ${lag} bytes`);
  assert.match(text, /^regate_sink_delivered_lines_total\{sink="siem"\} 0$/m);
  const { sinks } = (await ready.json()) as { sinks: Record<string, SinkStatus> };
  assert.equal(sinks['siem']?.type, 'webhook');
});

test('what the gateway records arrives, the last line of its stop included', async (t) => {
  const receiver = await startHttpReceiver(t);
  const started = await startDemoGateway(t, { configure: withSink(receiver.url) });
  const answer = await started.post('/v1/chat/completions', 'engineer', hello);
  await started.gateway.stop();
  const lines = receiver.accepted.flatMap(({ body }) => body.toString('utf8').trimEnd().split('\n'));
  const entries = lines.map((line) => JSON.parse(line) as { kind: string; decision_id: string; action?: string });
  const id = answer.headers['x-regate-decision-id'];
  assert.deepEqual(
    entries.filter(({ decision_id }) => decision_id === id).map(({ kind }) => kind),
    ['decided', 'delivered'],
  );
  assert.equal(entries.at(-1)?.action, 'gateway.stop');
});
