import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { needsToolchain, small } from '../../toolchain/toolchain-harness.ts';

function regate(...args: readonly string[]): { code: number | null; out: string; err: string } {
  const program = join(import.meta.dirname, '..', '..', '..', 'gateway', 'cli', 'regate.ts');
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, 'policy', ...args], { cwd: small, encoding: 'utf8' });
  return { code: status, out: stdout, err: stderr };
}

test('wrong use is exit code 2, which findings are not', () => {
  for (const args of [['build', '--bogus'], ['test', '--threshold', '500'], ['check', '--format', 'xml'], ['nope'], []]) {
    const { code, out, err } = regate(...args);
    assert.deepEqual([code, out], [2, ''], args.join(' '));
    assert.notEqual(err, '');
  }
});

test('help is exit code 0', () => {
  for (const args of [['--help'], ['build', '--help']]) {
    const { code, out } = regate(...args);
    assert.equal(code, 0);
    assert.match(out, /^Usage: regate policy /);
  }
});

test('the whole way: nothing but the report, no warnings of Node', needsToolchain, () => {
  assert.deepEqual(regate('test', '.'), { code: 0, out: 'PASS: 2/2\n', err: '' });
});
