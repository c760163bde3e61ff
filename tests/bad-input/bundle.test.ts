import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { findDefaultBundle } from '../../gateway/demo/demo.ts';
import { callers, mintToken } from '../story/callers.ts';
import { isDecided, isDelivered } from '../story/read-log.ts';
import { storyTime } from '../story/scene.ts';
import { send } from '../story/send.ts';
import { until } from '../story/until.ts';
import { openWorld } from '../story/world.ts';
import { chat, codeOf, openDoor } from './chat.ts';

const folder = mkdtempSync(join(tmpdir(), 'regate-bundle-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const good = readFileSync(findDefaultBundle());
const flipped = Buffer.from(good);
for (let at = 2000; at < 2100; at++) flipped[at] = (flipped[at] ?? 0) ^ 0xff;

const bad: Readonly<Record<string, Buffer | undefined>> = {
  'is missing': undefined,
  'is empty': Buffer.alloc(0),
  'is no archive': Buffer.from('this is not a bundle\n'),
  'is an archive of nothing': gzipSync(Buffer.alloc(1024)),
  'is cut off': good.subarray(0, good.length >> 1),
  'has flipped bits': flipped,
};

/** Looks at the bundle often, so that a test need not wait. */
const change = (configuration: { readonly policy: object }) => ({
  ...configuration,
  policy: { ...configuration.policy, poll_seconds: 0.1 },
});

suite('a gateway whose policy bundle', () => {
  for (const [what, bytes] of Object.entries(bad)) {
    test(`${what} refuses everything, is not ready, and serves as soon as there is a good one`, async () => {
      const bundle = join(folder, `${what.replaceAll(' ', '-')}.tar.gz`);
      if (bytes !== undefined) writeFileSync(bundle, bytes);
      const world = await openWorld({ bundle, change });
      try {
        const refused = await chat(world);
        assert.deepEqual([refused.status, codeOf(refused), refused.headers['x-should-retry']], [503, 'policy.unavailable', 'false']);
        const anthropic = await send(world, {
          method: 'GET',
          path: '/v1/models',
          headers: { 'x-api-key': mintToken(callers['contractor'] ?? {}, { now: storyTime, id: '1' }), 'anthropic-version': '2023-06-01' },
        });
        assert.equal(anthropic.status, 503);
        assert.match(anthropic.body, /"type":"api_error".*"error_code":"policy\.unavailable"/);

        assert.equal(world.seen.length, 0, 'nothing is forwarded');
        const decided = world.readLog().entries.filter(isDecided);
        assert.deepEqual(
          decided.map(({ decision, code, identity }) => [decision, code, identity?.chain[0]?.id]),
          [
            ['error', 'policy.unavailable', 'demo:ada'],
            ['error', 'policy.unavailable', 'demo:carl'],
          ],
        );
        await until('delivery of both', () => world.readLog().entries.filter(isDelivered).length === 2);
        assert.equal((await openDoor(world, '/readyz')).status, 503);
        assert.equal((await openDoor(world, '/livez')).status, 200);

        writeFileSync(`${bundle}.new`, good);
        renameSync(`${bundle}.new`, bundle);
        await until('activation', () => world.lines.some(({ message }) => message === 'A policy revision is active'));
        assert.equal((await chat(world)).status, 200);
        assert.equal((await openDoor(world, '/readyz')).status, 200);
      } finally {
        await world.close();
      }
    });
  }

  test('becomes a broken one keeps deciding by the revision that it has, and says so to its operators', async () => {
    const bundle = join(folder, 'was-good.tar.gz');
    copyFileSync(findDefaultBundle(), bundle);
    const world = await openWorld({ bundle, change });
    try {
      assert.equal((await chat(world)).status, 200);
      writeFileSync(`${bundle}.new`, flipped);
      renameSync(`${bundle}.new`, bundle);
      await until('rejection', () =>
        world.lines.some(({ level, message }) => level === 'error' && message.includes('the earlier revision stays active')),
      );
      assert.equal((await chat(world)).status, 200);
      const revisions = world
        .readLog()
        .entries.filter(isDecided)
        .map(({ policy }) => policy?.digest);
      assert.equal(revisions.length, 2);
      assert.equal(revisions[0], revisions[1]);
    } finally {
      await world.close();
    }
  });
});
