import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { until } from '../story/until.ts';
import { data, openSite, rules } from './harness.ts';
import { serve } from './sources/bundle-server.ts';

test('news of one bundle makes the gateway ask the others, once, though the news is refused and stays', async (t) => {
  const words = await data('w1', { greeting: 'hello' });
  const server = await serve((_seen, res) => void res.writeHead(200, { etag: '"1"' }).end(words));
  t.after(() => server.close());
  const site = openSite(t);
  await site.deploy('rules', await rules('r1'));
  const due: (() => void)[] = [];
  const access = { otherHosts: [], deadlineSeconds: 5, maxBytes: 1 << 20, insecureHttp: true };
  const policy = site.open(
    {
      bundles: [
        { name: 'rules', source: { kind: 'file', path: join(site.folder, 'rules.tar.gz') }, poll: { minSeconds: 2, maxSeconds: 2 } },
        { name: 'words', source: { kind: 'http', url: server.url, longPollSeconds: 0, access }, poll: { minSeconds: 60, maxSeconds: 60 } },
      ],
    },
    {
      after: (ms, run) => {
        if (ms === 2000) due.push(run);
        return () => due.includes(run) && void due.splice(due.indexOf(run), 1);
      },
    },
  );
  await policy.start();
  const before = server.seen.length;
  await site.deploy('rules', Buffer.from('no bundle'));
  for (let poll = 1; poll <= 3; poll += 1) {
    const run = await until('the next poll', () => due.shift());
    run();
    await until('its end', () => due.length > 0);
  }
  await until('the verdict', () => policy.messageOf('rules') !== undefined);
  assert.equal(server.seen.length, before + 1);
});
