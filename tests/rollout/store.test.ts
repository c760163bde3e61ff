import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { type Disk, localDisk } from '../../gateway/rollout/store/disk.ts';
import { data, openSite, rules } from './harness.ts';

const store = (folder: string, more = {}) => ({ store: { directory: join(folder, 'kept'), keep: 3, maxAgeSeconds: 3600, ...more } });
const hour = 3_600_000;

describe('what is kept on disk', () => {
  it('is used after a restart while the sources are away', async (t) => {
    const site = openSite(t);
    await site.deploy('rules', await rules('r1'));
    await site.deploy('words', await data('w1', { greeting: 'hello' }));
    const first = site.open(store(site.folder));
    await first.start();
    first.stop();
    site.withdraw('rules');
    site.withdraw('words');
    const second = site.open(store(site.folder));
    await second.start();
    assert.deepEqual([second.greeting(), second.current()?.stamp.digest], ['hello', first.current()?.stamp.digest]);
    assert.match(second.messageOf('rules') ?? '', /cannot be read \(ENOENT\)/);
    assert.equal(statSync(join(site.folder, 'kept')).mode & 0o777, 0o700);
  });

  it('gives way to what the sources have meanwhile', async (t) => {
    const site = openSite(t);
    await site.deploy('rules', await rules('r1'));
    await site.deploy('words', await data('w1', { greeting: 'hello' }));
    const first = site.open(store(site.folder));
    await first.start();
    first.stop();
    await site.deploy('words', await data('w2', { greeting: 'good day' }));
    const second = site.open(store(site.folder));
    await second.start();
    assert.equal(second.greeting(), 'good day');
    assert.deepEqual(
      second.events.map(({ action, stamp }) => [action, stamp?.bundles?.['words']?.revision]),
      [
        ['bundles.activate', 'w1'],
        ['bundles.activate', 'w2'],
      ],
    );
  });

  it('goes on when what the sources have is not fit', async (t) => {
    const site = openSite(t);
    await site.deploy('rules', await rules('r1'));
    await site.deploy('words', await data('w1', { greeting: 'hello' }));
    const first = site.open(store(site.folder));
    await first.start();
    first.stop();
    await site.deploy('words', Buffer.from('no bundle'));
    const second = site.open(store(site.folder));
    await second.start();
    assert.equal(second.greeting(), 'hello');
    assert.match(second.messageOf('words') ?? '', /not a whole gzip file/);
  });

  it('is not used when it is older than it may be, and is when a source confirms it', async (t) => {
    const site = openSite(t);
    await site.deploy('rules', await rules('r1'));
    await site.deploy('words', await data('w1', { greeting: 'hello' }));
    const first = site.open(store(site.folder));
    await first.start();
    first.stop();
    site.withdraw('words');
    site.clock.pass(hour + 1000);
    const second = site.open(store(site.folder));
    await second.start();
    assert.equal(second.current(), undefined);
    assert.equal(second.status().stale, true);
    assert.ok(second.logger.lines.some(({ level, message }) => level === 'error' && message.includes('older than it may be')));
    await site.deploy('words', await data('w1', { greeting: 'hello' }));
    await second.refresh();
    assert.equal(second.greeting(), 'hello');
    assert.equal(second.status().stale, undefined);
  });

  it('grows old in a gateway that goes on running, too', async (t) => {
    const site = openSite(t);
    await site.deploy('rules', await rules('r1'));
    await site.deploy('words', await data('w1', { greeting: 'hello' }));
    const policy = site.open(store(site.folder));
    await policy.start();
    site.withdraw('words');
    site.clock.pass(hour - 1000);
    await policy.refresh();
    assert.equal(policy.greeting(), 'hello');
    site.clock.pass(2000);
    assert.equal(policy.current(), undefined);
  });

  it('has no age where that is configured', async (t) => {
    const site = openSite(t);
    await site.deploy('rules', await rules('r1'));
    await site.deploy('words', await data('w1', { greeting: 'hello' }));
    const { maxAgeSeconds: _none, ...unlimited } = store(site.folder).store;
    const policy = site.open({ store: unlimited });
    await policy.start();
    site.withdraw('words');
    site.clock.pass(1000 * hour);
    await policy.refresh();
    assert.equal(policy.greeting(), 'hello');
  });

  it('is held against its digest before it is used', async (t) => {
    const site = openSite(t);
    await site.deploy('rules', await rules('r1'));
    await site.deploy('words', await data('w1', { greeting: 'hello' }));
    const first = site.open(store(site.folder));
    await first.start();
    first.stop();
    for (const name of readdirSync(join(site.folder, 'kept')).filter((each) => each.endsWith('.tar.gz'))) {
      const path = join(site.folder, 'kept', name);
      if (readFileSync(path).length < 1000) writeFileSync(path, await data('w1', { greeting: 'tampered' }));
    }
    site.withdraw('words');
    const second = site.open(store(site.folder));
    await second.start();
    assert.equal(second.current(), undefined);
    assert.ok(
      second.logger.lines.some(({ fields }) =>
        String((fields['cause'] as Error | undefined)?.message).includes('is not what its name says'),
      ),
    );
  });

  it('is put aside when its state is damaged, and begun anew', async (t) => {
    const site = openSite(t);
    await site.deploy('rules', await rules('r1'));
    await site.deploy('words', await data('w1', { greeting: 'hello' }));
    const first = site.open(store(site.folder));
    await first.start();
    first.stop();
    writeFileSync(join(site.folder, 'kept', 'state.json'), '{"schema":"regate.bundles/1","activations":[{"digest":"../../etc/passwd"}]}');
    const second = site.open(store(site.folder));
    await second.start();
    assert.equal(second.greeting(), 'hello');
    assert.ok(readdirSync(join(site.folder, 'kept')).includes('state.json.damaged'));
    assert.ok(second.logger.lines.some(({ message }) => message.includes('damaged')));
  });

  it('is as much as is configured, and no draft is left', async (t) => {
    const site = openSite(t);
    await site.deploy('rules', await rules('r1'));
    const policy = site.open(store(site.folder));
    for (let index = 1; index <= 5; index += 1) {
      await site.deploy('words', await data(`w${index}`, { greeting: index }));
      await policy.refresh();
    }
    assert.deepEqual(
      policy.revisions().map(({ bundles }) => bundles[1]?.revision),
      ['w5', 'w4', 'w3'],
    );
    const files = readdirSync(join(site.folder, 'kept'));
    assert.equal(files.filter((name) => name.endsWith('.tar.gz')).length, 4, 'the rules and three of words');
    assert.equal(files.length, 5, files.join(' '));
  });
});

describe('a disk that fails', () => {
  /** The machine's disk, with one operation that fails while it is told to. */
  function failing(operation: keyof Disk) {
    const switchable = { on: false };
    const fail = async (): Promise<never> => {
      throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
    };
    const disk: Disk = {
      ...localDisk,
      [operation]: (...given: never[]) => (switchable.on ? fail() : (localDisk[operation] as (...a: never[]) => unknown)(...given)),
    };
    return { disk, switchable };
  }

  for (const operation of ['write', 'rename', 'makeDirectory'] as const) {
    it(`at ${operation} keeps a new revision from being in force, and the active one goes on; it is tried again later`, async (t) => {
      const site = openSite(t);
      const { disk, switchable } = failing(operation);
      await site.deploy('rules', await rules('r1'));
      await site.deploy('words', await data('w1', { greeting: 'hello' }));
      const policy = site.open(store(site.folder), { disk });
      await policy.start();
      switchable.on = true;
      await site.deploy('words', await data('w2', { greeting: 'good day' }));
      await policy.refresh();
      assert.equal(policy.greeting(), 'hello');
      assert.match(policy.messageOf('words') ?? '', /cannot be kept on disk \(ENOSPC\): the disk is full/);
      assert.equal(policy.status().bundles['words']?.kind, 'store');
      assert.ok(
        policy.logger.lines.some(({ level, fields }) => level === 'error' && String(fields['message']).includes('the disk is full')),
      );
      assert.deepEqual(policy.events.at(-1)?.action, 'bundles.reject');
      switchable.on = false;
      await policy.refresh();
      assert.equal(policy.greeting(), 'hello', 'not at once');
      site.clock.pass(31_000);
      await policy.refresh();
      assert.equal(policy.greeting(), 'good day');
      assert.equal(policy.messageOf('words'), undefined);
      policy.stop();
      const again = site.open(store(site.folder));
      await again.start();
      assert.equal(again.greeting(), 'good day');
    });
  }

  it('and breaks off in the middle of a write leaves what was there', async (t) => {
    const site = openSite(t);
    let writes = 0;
    const disk: Disk = {
      ...localDisk,
      async write(path, bytes) {
        writes += 1;
        if (writes < 4) return localDisk.write(path, bytes);
        await localDisk.write(path, bytes.subarray(0, bytes.length >> 1));
        throw Object.assign(new Error('EIO'), { code: 'EIO' });
      },
    };
    await site.deploy('rules', await rules('r1'));
    await site.deploy('words', await data('w1', { greeting: 'hello' }));
    const policy = site.open(store(site.folder), { disk });
    await policy.start();
    await site.deploy('words', await data('w2', { greeting: 'good day' }));
    await policy.refresh();
    policy.stop();
    site.withdraw('words');
    const again = site.open(store(site.folder));
    await again.start();
    assert.equal(again.greeting(), 'hello');
  });
});

describe('a rollback', () => {
  async function withHistory(t: Parameters<typeof openSite>[0]) {
    const site = openSite(t);
    await site.deploy('rules', await rules('r1'));
    await site.deploy('words', await data('w1', { greeting: 'one' }));
    const policy = site.open(store(site.folder));
    await policy.start();
    await site.deploy('rules', await rules('r2'));
    await site.deploy('words', await data('w2', { greeting: 'two' }));
    await policy.refresh();
    return { site, policy };
  }

  it('holds the gateway to a kept revision, whatever comes, until it is released', async (t) => {
    const { site, policy } = await withHistory(t);
    const kept = await policy.rollBack('r1');
    assert.ok('digest' in kept);
    assert.deepEqual([policy.greeting(), policy.current()?.stamp.revision, policy.status().pinned], ['one', 'r1', kept.digest]);
    await site.deploy('words', await data('w3', { greeting: 'three' }));
    await policy.refresh();
    assert.equal(policy.greeting(), 'one');
    site.clock.pass(100 * hour);
    assert.equal(policy.greeting(), 'one', 'what is meant to be old has no age');
    await policy.release();
    await policy.refresh();
    assert.deepEqual([policy.greeting(), policy.current()?.stamp.revision, policy.status().pinned], ['three', 'r2', undefined]);
    assert.deepEqual(
      policy.events.map(({ action, parameters, stamp }) => [action, stamp?.revision, parameters['pinned']]),
      [
        ['bundles.activate', 'r1', false],
        ['bundles.activate', 'r2', false],
        ['bundles.activate', 'r1', true],
        ['bundles.activate', 'r2', false],
      ],
    );
  });

  it('is not forgotten by a restart', async (t) => {
    const { site, policy } = await withHistory(t);
    await policy.rollBack('r1');
    policy.stop();
    const again = site.open(store(site.folder));
    await again.start();
    assert.equal(again.greeting(), 'one');
    await again.release();
    assert.equal(again.greeting(), 'two');
  });

  it('may be named by the first digits of the digest, and must be clear', async (t) => {
    const { site, policy } = await withHistory(t);
    const [newest, older] = policy.revisions();
    assert.deepEqual(await policy.rollBack('r9'), { problem: 'no such revision is kept' });
    assert.deepEqual(await policy.rollBack(older?.digest.slice(0, 6) ?? ''), { problem: 'no such revision is kept' });
    assert.ok('digest' in (await policy.rollBack(older?.digest.slice(0, 12) ?? '')));
    assert.equal(policy.greeting(), 'one');
    assert.ok('digest' in (await policy.rollBack(newest?.digest ?? '')));
    assert.equal(policy.greeting(), 'two');
    await policy.release();
    await site.deploy('words', await data('w3', { greeting: 'three' }));
    await policy.refresh();
    assert.match(JSON.stringify(await policy.rollBack('r2')), /2 kept combinations have this revision/);
  });

  it('to what the store has lost changes nothing', async (t) => {
    const { site, policy } = await withHistory(t);
    const older = policy.revisions()[1]?.bundles[1]?.digest ?? '';
    writeFileSync(join(site.folder, 'kept', `${older}.tar.gz`), 'x');
    assert.match(JSON.stringify(await policy.rollBack('r1')), /is not what its name says/);
    assert.deepEqual([policy.greeting(), policy.status().pinned], ['two', undefined]);
  });

  it('by another process is followed, and so is its release', async (t) => {
    const { site, policy } = await withHistory(t);
    writeFileSync(join(site.folder, 'kept', 'pinned'), `${policy.revisions()[1]?.digest}\n`);
    await policy.refresh();
    assert.equal(policy.greeting(), 'one');
    writeFileSync(join(site.folder, 'kept', 'pinned'), 'nonsense');
    await policy.refresh();
    assert.equal(policy.greeting(), 'one');
    assert.match(policy.messageOf('rules') ?? '', /holds no digest/);
  });

  it('needs a store', async (t) => {
    const site = openSite(t);
    assert.match(JSON.stringify(await site.open().rollBack('r1')), /no store is configured/);
  });
});
