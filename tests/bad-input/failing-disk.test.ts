import assert from 'node:assert/strict';
import { afterEach, beforeEach, suite, test } from 'node:test';
import { type FileSystemPort, localFileSystem, type WritableFile } from '../../gateway/ledger/file-system.ts';
import type { DecidedRecord } from '../../gateway/vocabulary/record.ts';
import { isDecided } from '../story/read-log.ts';
import { send } from '../story/send.ts';
import { until } from '../story/until.ts';
import { openWorld, type World } from '../story/world.ts';
import { chat, codeOf, openDoor } from './chat.ts';

/*
 * The disk of the decision log fails under a whole gateway: nothing is forwarded, whatever fails.
 */

let failure: 'none' | 'read-only' | 'full' | 'sync' = 'none';

function systemError(code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: as the test wants it`), { code });
}

/** The machine's disk, failing in whatever way is set, for files that are open already as well. */
const files: FileSystemPort = {
  ...localFileSystem,
  async create(path) {
    if (failure === 'read-only') throw systemError('EROFS');
    return breakable(await localFileSystem.create(path));
  },
};

function breakable(file: WritableFile): WritableFile {
  return {
    async write(bytes) {
      if (failure === 'full') throw systemError('ENOSPC');
      if (failure === 'read-only') throw systemError('EROFS');
      return file.write(bytes);
    },
    async datasync() {
      if (failure === 'sync') throw systemError('EIO');
      await file.datasync();
    },
    close: () => file.close(),
  };
}

suite('the disk of the decision log', () => {
  let world: World;
  beforeEach(async () => {
    failure = 'none';
    world = await openWorld({ files });
  });
  afterEach(async () => {
    failure = 'none';
    await world.close();
  });

  const failures = { full: 'is full', 'read-only': 'is read-only', sync: 'does not sync' } as const;
  for (const [kind, what] of Object.entries(failures) as [keyof typeof failures, string][]) {
    test(`${what}: known callers are refused and nothing is forwarded, until it is well again`, async () => {
      assert.equal((await chat(world)).status, 200);
      failure = kind;
      const first = await chat(world);
      const second = await chat(world, { stream: true });
      const denied = await chat(world, { model: 'gpt-5.1' }, 'service');
      const listing = await send(world, { method: 'GET', path: '/v1/models', headers: {} });
      for (const answered of [first, second, denied]) {
        assert.deepEqual([answered.status, codeOf(answered)], [503, 'record.unavailable']);
        // It passes by itself, so SDKs may try again.
        assert.deepEqual([answered.headers['retry-after'], answered.headers['x-should-retry']], ['5', undefined]);
      }
      assert.equal(listing.status, 401, 'nobody is still nobody');
      assert.equal(world.seen.length, 1, 'only what was recorded went upstream');
      const ready = await openDoor(world, '/readyz');
      assert.equal(ready.status, 503);
      assert.equal((await openDoor(world, '/livez')).status, 200);

      failure = 'none';
      await until('recovery', async () => (await chat(world)).status === 200);
      assert.equal((await openDoor(world, '/readyz')).status, 200);
      await until('lines of what was refused', () => decided().filter(({ code }) => code === 'record.unavailable').length >= 3);
      // A line may have reached the disk although its sync failed. The one that says what became of the request stands further down.
      const last = new Map(decided().map((line) => [line.decision_id, line.decision]));
      const allowed = [...last.values()].filter((decision) => decision === 'allow');
      assert.equal(allowed.length, world.seen.length, 'each request that was forwarded has its line, and no other has');
    });
  }

  test('is read-only at the start: the gateway starts, refuses, and is not ready', async () => {
    failure = 'read-only';
    const another = await openWorld({ files });
    try {
      const refused = await chat(another);
      assert.deepEqual([refused.status, codeOf(refused)], [503, 'record.unavailable']);
      assert.equal(another.seen.length, 0);
      assert.equal((await openDoor(another, '/readyz')).status, 503);
    } finally {
      failure = 'none';
      await another.close();
    }
  });

  function decided(): readonly DecidedRecord[] {
    return world.readLog().entries.filter(isDecided);
  }
});
