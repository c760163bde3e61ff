import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, type TestContext, test } from 'node:test';
import { type KeysPlace, makeKeysCommand, type PlaceOptions } from '../../../gateway/cli/keys/keys.ts';
import { Breakage } from '../../../gateway/errors.ts';
import { makeVirtualKeyAuthenticator } from '../../../gateway/pipeline/authenticate/virtual-key.ts';
import { editKeyFile } from '../../../gateway/registry/edit-key-file.ts';
import { makeKeyFile } from '../../../gateway/registry/key-file.ts';
import { readPepper } from '../../../gateway/registry/pepper.ts';
import { seal } from '../../../gateway/secret.ts';
import { freezeClock, keepLog } from '../../pipeline/authenticate/clock.ts';

function makeBench(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'regate-cli-keys-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const place: KeysPlace = { file: join(folder, 'made', 'keys.json'), pepperFile: join(folder, 'made', 'pepper') };
  const clock = freezeClock();
  let out = '';
  let err = '';
  let asked: PlaceOptions | undefined;
  const io = {
    out: (text: string) => {
      out += text;
    },
    err: (text: string) => {
      err += text;
    },
    now: clock.now,
    randomBytes,
  };
  async function run(...args: string[]): Promise<{ out: string; err: string }> {
    out = '';
    err = '';
    const command = makeKeysCommand((options) => {
      asked = options;
      return place;
    }, io);
    for (const one of [command, ...command.commands]) one.exitOverride().configureOutput({ writeErr: io.err, writeOut: io.out });
    await command.parseAsync(args, { from: 'user' });
    return { out, err };
  }
  const create = async (...more: string[]) => (await run('create', '--name', 'ci-bot', '--owner', 'team:research', ...more)).out.trim();
  return { place, clock, run, create, asked: () => asked, folder: join(folder, 'made') };
}

suite('regate keys create', () => {
  test('prints the key alone on stdout, once, and stores only its hash', async (t) => {
    const { run, place } = makeBench(t);
    const { out, err } = await run('create', '--name', 'ci-bot', '--owner', 'person:okta:00u1', '--role', 'ci', '--role', 'reader');
    assert.match(out, /^rg_[a-z2-7]{10}_[0-9A-Za-z]{38}\n$/);
    const secret = out.trim().slice(14);
    const text = readFileSync(place.file, 'utf8');
    assert.ok(!err.includes(secret) && !text.includes(secret));
    const [key] = JSON.parse(text).keys;
    assert.deepEqual([key.owner, key.roles, key.kind], [{ kind: 'person', id: 'okta:00u1' }, ['ci', 'reader'], 'service']);
    assert.equal(key.expires_at, '2025-09-13T15:06:40.000Z');
    assert.equal(key.hash, readPepper(place.pepperFile).digest(out.trim()).toString('hex'));
  });
  test('files are for their owner only, and nothing is left beside them', async (t) => {
    const { create, place, folder } = makeBench(t);
    await create();
    for (const path of [place.file, place.pepperFile]) assert.equal(statSync(path).mode & 0o777, 0o600);
    assert.equal(statSync(folder).mode & 0o777, 0o700);
    assert.deepEqual(readdirSync(folder).sort(), ['keys.json', 'pepper']);
  });
  test('the pepper is made once', async (t) => {
    const { create, run, place } = makeBench(t);
    await create();
    const pepper = readFileSync(place.pepperFile, 'utf8');
    assert.match(pepper, /^[0-9a-f]{64}\n$/);
    const { err } = await run('create', '--name', 'other', '--owner', 'team:x');
    assert.doesNotMatch(err, /Made a pepper/);
    assert.equal(readFileSync(place.pepperFile, 'utf8'), pepper);
  });
  test('attributes keep their type', async (t) => {
    const { create, place } = makeBench(t);
    await create('--claim', 'cost_center=7', '--claim', 'trial=true', '--claim', 'site=a=b', '--claim', 'zip=007');
    assert.deepEqual(JSON.parse(readFileSync(place.file, 'utf8')).keys[0].claims, { cost_center: 7, trial: true, site: 'a=b', zip: '007' });
  });
  for (const [name, args] of [
    ['a name with a space', ['--name', 'ci bot', '--owner', 'team:x']],
    ['an owner without a kind', ['--name', 'ci', '--owner', 'research']],
    ['an owner without an id', ['--name', 'ci', '--owner', 'team:']],
    ['a kind that is none', ['--name', 'ci', '--owner', 'team:x', '--kind', 'team']],
    ['a span that is none', ['--name', 'ci', '--owner', 'team:x', '--expires', 'soon']],
    ['a time that is over', ['--name', 'ci', '--owner', 'team:x', '--expires', '2020-01-01T00:00:00Z']],
    ['a date without a time', ['--name', 'ci', '--owner', 'team:x', '--expires', '2030-01-01']],
    ['no owner', ['--name', 'ci']],
  ] as const) {
    test(`${name} makes no key`, async (t) => {
      const { run, place } = makeBench(t);
      await assert.rejects(run('create', ...args));
      assert.ok(!existsSync(place.file));
    });
  }
  for (const [expires, at] of [
    ['12h', '2025-06-16T03:06:40.000Z'],
    ['30m', '2025-06-15T15:36:40.000Z'],
    ['2030-01-01T00:00:00+01:00', '2029-12-31T23:00:00.000Z'],
    ['never', undefined],
  ] as const) {
    test(`--expires ${expires}`, async (t) => {
      const { create, place } = makeBench(t);
      await create('--expires', expires);
      assert.equal(JSON.parse(readFileSync(place.file, 'utf8')).keys[0].expires_at, at);
    });
  }
  test('a name belongs to one holder', async (t) => {
    const { create, run, place } = makeBench(t);
    await create();
    const before = readFileSync(place.file, 'utf8');
    await assert.rejects(run('create', '--name', 'ci-bot', '--owner', 'team:other'), /two holders/);
    assert.equal(readFileSync(place.file, 'utf8'), before);
    assert.match(await create(), /^rg_/);
  });
});

suite('regate keys list', () => {
  test('shows neither keys nor hashes', async (t) => {
    const { create, run, place } = makeBench(t);
    const key = await create('--role', 'ci');
    const { hash } = JSON.parse(readFileSync(place.file, 'utf8')).keys[0];
    const table = (await run('list')).out;
    const json = (await run('list', '--json')).out;
    assert.equal(
      table,
      `ID          NAME    KIND     OWNER          ROLES  EXPIRES     LAST USED  STATE\n${key.slice(3, 13)}  ci-bot  service  team:research  ci     2025-09-13  -          active\n`,
    );
    assert.equal(JSON.parse(json)[0].state, 'active');
    for (const text of [table, json]) assert.ok(!text.includes(hash) && !text.includes(key.slice(14)));
  });
  test('says which have expired', async (t) => {
    const { create, run, clock } = makeBench(t);
    await create('--expires', '1h');
    clock.advance(3_600_000);
    assert.equal(JSON.parse((await run('list', '--json')).out)[0].state, 'expired');
  });
  test('without a file there are none', async (t) => {
    const { out, err } = await makeBench(t).run('list');
    assert.deepEqual([out, err.includes('no keys yet')], ['', true]);
  });
  test('the flags reach whoever finds the files', async (t) => {
    const { run, asked } = makeBench(t);
    await run('list', '--file', 'a', '--pepper', 'b', '--config', 'c');
    assert.deepEqual([asked()?.file, asked()?.pepper, asked()?.config], ['a', 'b', 'c']);
  });
});

suite('regate keys revoke', () => {
  test('counts on a running gateway within a second', async (t) => {
    const { create, run, place, clock } = makeBench(t);
    const key = await create();
    const keys = makeKeyFile({ path: place.file, clock, logger: keepLog().logger });
    const authenticate = makeVirtualKeyAuthenticator({ keys, pepper: readPepper(place.pepperFile), clock });
    const outcome = () => {
      const result = authenticate(seal(key));
      return result !== undefined && 'code' in result ? result.code : 'accepted';
    };
    assert.equal(outcome(), 'accepted');
    await run('revoke', key.slice(3, 13));
    clock.advance(1000);
    assert.equal(outcome(), 'credential.revoked');
  });
  test('again changes nothing', async (t) => {
    const { create, run, place, clock } = makeBench(t);
    const id = (await create()).slice(3, 13);
    await run('revoke', id);
    const before = readFileSync(place.file, 'utf8');
    clock.advance(5000);
    assert.match((await run('revoke', id)).err, /already/);
    assert.equal(readFileSync(place.file, 'utf8'), before);
  });
  test('an unknown id is told', async (t) => {
    await assert.rejects(makeBench(t).run('revoke', 'aaaaaaaaaa'), Breakage);
  });
});

suite('the key file is changed as one step', () => {
  test('runs at the same time lose nothing', async (t) => {
    const { create, run, place } = makeBench(t);
    await create();
    await Promise.all(Array.from({ length: 8 }, (_, n) => run('create', '--name', `bot-${n}`, '--owner', 'team:x')));
    assert.equal(JSON.parse(readFileSync(place.file, 'utf8')).keys.length, 9);
  });
  test('a lock that stays is told, with what to do, and nothing is written', async (t) => {
    const { create, place } = makeBench(t);
    await create();
    const before = readFileSync(place.file, 'utf8');
    writeFileSync(`${place.file}.lock`, '1\n');
    await assert.rejects(
      editKeyFile(place.file, () => [], 0),
      /delete .*keys\.json\.lock/,
    );
    assert.equal(readFileSync(place.file, 'utf8'), before);
  });
  test('a change that fails leaves the file and frees the lock', async (t) => {
    const { create, place, folder } = makeBench(t);
    await create();
    const before = readFileSync(place.file, 'utf8');
    const failure = new Error('no');
    const change = () => {
      throw failure;
    };
    await assert.rejects(editKeyFile(place.file, change), failure);
    assert.equal(readFileSync(place.file, 'utf8'), before);
    assert.deepEqual(readdirSync(folder).sort(), ['keys.json', 'pepper']);
  });
});
