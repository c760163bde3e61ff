import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { makeFileKeyStore } from '../../gateway/registry/file-key-store.ts';
import { makeFileRevocations } from '../../gateway/registry/file-revocations.ts';
import { makeKeyFile } from '../../gateway/registry/key-file.ts';
import { makeMirror } from '../../gateway/registry/mirror.ts';
import { makeUses } from '../../gateway/registry/uses.ts';
import { freezeClock, keepLog } from '../pipeline/authenticate/clock.ts';
import { storedKey, testRegistry } from './contract.ts';

const folder = mkdtempSync(join(tmpdir(), 'regate-registry-'));
after(() => rmSync(folder, { recursive: true }));
let count = 0;

function openFiles() {
  const place = join(folder, String(++count));
  const clock = freezeClock();
  const { logger } = keepLog();
  const ring = makeKeyFile({ path: `${place}-keys.json`, clock, logger });
  const keys = makeFileKeyStore({ path: `${place}-keys.json`, changed: ring.refresh });
  const revocations = makeFileRevocations({ path: `${place}-revocations.json`, clock, logger });
  return { keys, ring, revocations, clock, place };
}

testRegistry('files', async () => openFiles());

test('files are for their owner only, and nothing is left beside them', async () => {
  const { keys, revocations, place } = openFiles();
  await keys.add(storedKey('aaaaaaaaaa'));
  await keys.noteUses(new Map([['aaaaaaaaaa', 0]]));
  await revocations.add({ kind: 'key', id: 'aaaaaaaaaa', at: '2026-01-01T00:00:00.000Z' });
  const names = readdirSync(folder).filter((name) => join(folder, name).startsWith(`${place}-`));
  assert.deepEqual(
    names.sort(),
    ['keys.json', 'keys.json.uses', 'revocations.json'].map((name) => `${place.split('/').at(-1)}-${name}`),
  );
  for (const name of names) assert.equal(statSync(join(folder, name)).mode & 0o777, 0o600, name);
});

test('revocations survive a restart, and another process sees them within a second', async () => {
  const { revocations, place, clock } = openFiles();
  const { logger } = keepLog();
  const other = makeFileRevocations({ path: `${place}-revocations.json`, clock, logger });
  assert.equal(other.has('session', 's1'), false);
  await revocations.add({ kind: 'session', id: 's1', at: '2026-01-01T00:00:00.000Z' });
  clock.advance(1000);
  assert.equal(other.has('session', 's1'), true);
});

test('a file of revocations that was never good says nothing of anybody; one that goes bad keeps its last word', async () => {
  const { revocations, place, clock } = openFiles();
  writeFileSync(`${place}-revocations.json`, '{"version":1,');
  assert.equal(revocations.has('subject', 'a'), undefined);
  assert.equal(revocations.isEmpty(), false);
  writeFileSync(`${place}-revocations.json`, '{"version":1,"revocations":[{"kind":"subject","id":"a","at":"2026-01-01T00:00:00Z"}]}');
  clock.advance(1000);
  assert.equal(revocations.has('subject', 'a'), true);
  writeFileSync(`${place}-revocations.json`, '{}');
  clock.advance(1000);
  assert.equal(revocations.has('subject', 'a'), true);
});

test('a copy is used until its greatest age and not a moment longer', async () => {
  const clock = freezeClock();
  let away = false;
  const log = keepLog();
  const mirror = makeMirror<string>({
    what: 'The test',
    load: async (known) => {
      if (away) throw new Error('away');
      return known === '1' ? 'unchanged' : { version: '1', value: 'copy' };
    },
    maxStalenessMs: 900_000,
    clock,
    logger: log.logger,
    every: () => () => undefined,
  });
  assert.equal(mirror.current(), undefined, 'before the first look nobody can say');
  await mirror.refresh();
  away = true;
  clock.advance(900_000);
  await mirror.refresh();
  assert.equal(mirror.current(), 'copy');
  clock.advance(1);
  assert.equal(mirror.current(), undefined);
  away = false;
  await mirror.refresh();
  assert.equal(mirror.current(), 'copy');
  mirror.close();
});

test('uses that cannot be written are written with the next', async () => {
  const clock = freezeClock();
  const written: [string, number][][] = [];
  let broken = true;
  const uses = makeUses({
    store: {
      async noteUses(noted) {
        if (broken) throw new Error('disk');
        written.push([...noted]);
      },
    },
    clock,
    logger: keepLog().logger,
    every: () => () => undefined,
  });
  uses.note('a');
  await uses.flush();
  broken = false;
  clock.advance(5);
  uses.note('b');
  await uses.close();
  const [only = []] = written;
  assert.deepEqual(
    new Map(only),
    new Map([
      ['a', clock.now() - 5],
      ['b', clock.now()],
    ]),
  );
});
