import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { packBundle } from '../../gateway/bundle/pack-bundle.ts';
import { unpackBundle } from '../../gateway/bundle/unpack-bundle.ts';
import { findDefaultBundle } from '../../gateway/demo/demo.ts';
import { chat } from '../bad-input/chat.ts';
import { benchRollouts } from '../bench/rollouts.ts';
import { makeBundleService, serve } from '../rollout/sources/bundle-server.ts';
import { isDecided } from '../story/read-log.ts';
import { until } from '../story/until.ts';
import { openWorld } from '../story/world.ts';

const rollouts = 200;
const requestsAtATime = 4;

test('200 rollouts of two bundles under load: no decision fails, and none is made by a mixture', async () => {
  const { failed, mixed, sound, requests, rollouts: done } = await benchRollouts({ quick: false });
  assert.deepEqual({ failed, mixed, sound, done }, { failed: 0, mixed: 0, sound: true, done: rollouts });
  assert.ok(requests > 10_000, `${requests} requests`);
});

test('200 rollouts of a whole gateway under load: no request fails, and every record names one combination that was published', async (t) => {
  const files = new Map(await unpackBundle(readFileSync(findDefaultBundle())));
  const manifest = JSON.parse(Buffer.from(files.get('.manifest') ?? []).toString()) as object;
  const rulesOf = (rollout: number) =>
    packBundle(new Map(files).set('.manifest', Buffer.from(JSON.stringify({ ...manifest, revision: `r${rollout}` }))));
  const marksOf = (rollout: number) =>
    packBundle(
      new Map([
        ['.manifest', Buffer.from(JSON.stringify({ revision: `m${rollout}`, roots: ['marks'] }))],
        ['data.json', Buffer.from(JSON.stringify({ marks: { rollout } }))],
      ]),
    );
  const services = [makeBundleService({ longPoll: true }), makeBundleService({ longPoll: true })] as const;
  const servers = await Promise.all(services.map(({ handler }) => serve(handler)));
  t.after(() => Promise.all(servers.map((server) => server.close())));
  const publish = async (rollout: number) => {
    const [rules, marks] = await Promise.all([rulesOf(rollout), marksOf(rollout)]);
    services[0].publish(rules);
    services[1].publish(marks);
  };
  await publish(0);
  const world = await openWorld({
    change: ({ policy: _policy, ...configuration }) => ({
      ...configuration,
      // The stories' upstream, in this process too, has a second to answer, which a busy machine may take from it.
      backends: configuration.backends.map((backend) => ({ ...backend, idle_timeout_ms: 60_000, connect_timeout_ms: 60_000 })),
      policy: {
        bundles: ['rules', 'marks'].map((name, index) => ({
          name,
          source: { http: { url: `${servers[index]?.url}/${name}`, long_poll_seconds: 60 } },
        })),
        store: { directory: 'kept' },
      },
    }),
  });
  t.after(() => world.close());

  let running = true;
  let answered = 0;
  const failures: string[] = [];
  const ask = async (): Promise<void> => {
    while (running) {
      const { status, body } = await chat(world);
      answered += 1;
      if (status !== 200) failures.push(`${status}: ${body}`);
    }
  };
  const asking = Promise.all(Array.from({ length: requestsAtATime }, ask));
  const active = () => world.lines.findLast(({ message }) => message === 'A policy revision is active')?.fields?.['bundles'];
  for (let rollout = 1; rollout <= rollouts; rollout += 1) {
    await publish(rollout);
    const wanted = `"r${rollout}"`;
    await until(
      `rollout ${rollout}`,
      () => JSON.stringify(active() ?? '').includes(wanted) && JSON.stringify(active()).includes(`"m${rollout}"`),
      60_000,
    );
  }
  running = false;
  await asking;

  assert.deepEqual(failures, []);
  assert.ok(answered > rollouts, `${answered} requests`);
  const decided = world.readLog().entries.filter(isDecided);
  assert.equal(decided.length, answered);
  const published = new Set(
    world.lines
      .filter(({ message }) => message === 'A policy revision is active')
      .map(({ fields }) => JSON.stringify([fields?.['digest'], fields?.['bundles']])),
  );
  for (const { policy, bundles } of decided) {
    assert.ok(published.has(JSON.stringify([policy?.digest, bundles])), JSON.stringify(bundles));
  }
});
