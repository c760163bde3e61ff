import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { makeConfigCommand } from '../../../gateway/cli/config/config.ts';
import { changed, least } from '../../config/samples.ts';

const folder = mkdtempSync(join(tmpdir(), 'regate-config-'));
after(() => rmSync(folder, { recursive: true }));

interface Ran {
  readonly out: string;
  readonly err: string;
  readonly code: number | undefined;
}

async function check(
  text: string | undefined,
  { environment = { OPENAI_API_KEY: 'sk-secret' }, exists = true, flags = [] as string[] } = {},
): Promise<Ran> {
  const file = join(folder, 'regate.yaml');
  if (text !== undefined) writeFileSync(file, text);
  let out = '';
  let err = '';
  let code: number | undefined;
  const io = {
    out(piece: string) {
      out += piece;
    },
    err(piece: string) {
      err += piece;
    },
    exit(status: number) {
      code = status;
    },
    environment,
    exists: () => exists,
  };
  await makeConfigCommand(io).parseAsync(['check', text === undefined ? join(folder, 'none.yaml') : file, ...flags], { from: 'user' });
  return { out, err, code };
}

test('a good file is summarised', async () => {
  const { out, err, code } = await check(least);
  assert.equal(code, 0);
  assert.equal(err, '');
  for (const piece of ['https://id.example', 'openai (1 model)', 'gpt-4.1', 'bundle.tar.gz', '127.0.0.1:8443'])
    assert.ok(out.includes(piece), piece);
});

test('a bad file: every problem on a line of its own, then their number', async () => {
  const { out, err, code } = await check(`${changed('[RS256]', '[HS256]')}typo: 1\n`);
  assert.equal(code, 1);
  assert.equal(out, '');
  const lines = err.trimEnd().split('\n');
  assert.equal(lines.length, 3);
  assert.match(lines[0] ?? '', /regate\.yaml:\d+:\d+: identity\.issuers\.0\.algorithms\.0: /);
  assert.match(lines[2] ?? '', /^2 problems/);
});

test('a file that is not there', async () => {
  const { err, code } = await check(undefined);
  assert.equal(code, 2);
  assert.match(err, /none\.yaml: .*ENOENT/);
});

test('warnings do not fail, unless asked to', async () => {
  const plain = await check(least, { environment: { OPENAI_API_KEY: '' }, exists: false });
  assert.equal(plain.code, 0);
  assert.match(plain.err, /warning: credentials\.main: the environment variable OPENAI_API_KEY is not set here/);
  assert.match(plain.err, /warning: policy: source of .*: there is no file/);
  assert.equal((await check(least, { exists: false, flags: ['--strict'] })).code, 1);
});

test('what others can reach in plain text is worth a warning', async () => {
  const text = `${changed('{ mode: development }', '{ mode: plaintext, force: true }')}doors: { host: 0.0.0.0 }\n`;
  const { err } = await check(text);
  assert.match(err, /warning: listen\.tls: plain http/);
  assert.match(err, /warning: doors\.host/);
});
