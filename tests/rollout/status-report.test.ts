import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until } from '../story/until.ts';
import { data, openSite, rules } from './harness.ts';
import { serve } from './sources/bundle-server.ts';

interface Report {
  readonly labels: Readonly<Record<string, string>>;
  readonly bundles: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

test('a status service is told as OPA tells it: at the start, at every change, and regularly; a failing one is told of once', async (t) => {
  const service = await serve((_seen, res) => void res.writeHead(200).end('{}'));
  t.after(() => service.close());
  const site = openSite(t);
  await site.deploy('rules', await rules('r1'));
  await site.deploy('words', await data('w1', { greeting: 'one' }));
  const timers: (readonly [ms: number, run: () => void])[] = [];
  const access = {
    authorization: { scheme: 'bearer', token: { source: 'environment', name: 'TOKEN' } },
    otherHosts: [],
    deadlineSeconds: 5,
    maxBytes: 1024,
    insecureHttp: true,
  } as const;
  const policy = site.open(
    { status: { url: `${service.url}/status`, everySeconds: 17, access } },
    {
      labels: { id: 'gateway-1', version: '1.2.3', region: 'eu' },
      environment: { TOKEN: 'secret-token' },
      after: (ms, run) => {
        const timer = [ms, run] as const;
        timers.push(timer);
        return () => void timers.splice(timers.indexOf(timer), 1);
      },
    },
  );
  const reports = () => service.seen.map(({ body }) => JSON.parse(body) as Report);
  await policy.start();
  await until('the first report', () => reports().some(({ bundles }) => bundles['words']?.['active_revision'] === 'w1'));
  const first = reports().at(-1);
  assert.deepEqual(first?.labels, { id: 'gateway-1', version: '1.2.3', region: 'eu' });
  assert.deepEqual(
    { ...first?.bundles['rules'], digest: '', size: 0 },
    {
      name: 'rules',
      type: 'snapshot',
      active_revision: 'r1',
      digest: '',
      size: 0,
      last_request: '2026-03-01T12:00:00.000Z',
      last_successful_request: '2026-03-01T12:00:00.000Z',
      last_successful_download: '2026-03-01T12:00:00.000Z',
      last_successful_activation: '2026-03-01T12:00:00.000Z',
    },
  );
  assert.deepEqual(
    [service.seen[0]?.method, service.seen[0]?.path, service.seen[0]?.headers['authorization']],
    ['POST', '/status', 'Bearer secret-token'],
  );

  await site.deploy('words', Buffer.from('no bundle'));
  await policy.refresh();
  await until('the report of the rejection', () => reports().at(-1)?.bundles['words']?.['code'] === 'bundle_error');
  assert.match(String(reports().at(-1)?.bundles['words']?.['message']), /not a whole gzip file/);
  assert.equal(reports().at(-1)?.bundles['words']?.['active_revision'], 'w1');

  service.answerWith((_seen, res) => void res.writeHead(503).end());
  for (let round = 1; round <= 2; round += 1) {
    const before = service.seen.length;
    const due = await until('the next time', () => timers.find(([ms]) => ms === 17_000));
    timers.splice(timers.indexOf(due), 1);
    due[1]();
    await until('another report', () => service.seen.length > before);
  }
  await until('the next time', () => timers.find(([ms]) => ms === 17_000));
  const told = policy.logger.lines.filter(({ message }) => message.includes('cannot be reported'));
  assert.equal(told.length, 1);
  assert.match(String(told[0]?.fields['message']), /answered 503/);
});
