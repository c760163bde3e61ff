import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { root } from '../structure/sources.ts';

/** A test in a test may not run tests: the runner knows itself by this variable. */
const { NODE_TEST_CONTEXT: _inner, ...environment } = process.env;

/** The last lines of `node scripts/test.ts` with these arguments. */
const lastLines = (...args: readonly string[]) =>
  new Promise<readonly string[]>((resolve) => {
    execFile(process.execPath, [join(root, 'scripts/test.ts'), ...args], { cwd: root, env: environment }, (_error, stdout) =>
      resolve(stdout.trimEnd().split('\n').slice(-2)),
    );
  });

suite('the count of attack cases', () => {
  test('stands before the last line, and the last line is the same as ever', async () => {
    const [attacks, last] = await lastLines('tests/attacks/wrong-audience.test.ts', 'tests/pipeline/chain');
    assert.equal(attacks, 'attacks: 13 cases tried, 0 admitted');
    assert.match(last ?? '', /^\d+ passed, 0 failed$/);
  });

  test('is left out where no attack was tried', async () => {
    const [before, last] = await lastLines('tests/pipeline/chain');
    assert.equal(before, '');
    assert.match(last ?? '', /^\d+ passed, 0 failed$/);
  });

  test('knows cases from what holds them, from what was left out, and from a file that breaks off', async (t) => {
    const place = mkdtempSync(join(tmpdir(), 'regate-attacks-'));
    t.after(() => rmSync(place, { recursive: true, force: true }));
    const files = {
      'tests/attacks/a.test.ts': `
        import { suite, test } from 'node:test';
        suite('s', () => {
          test('refused', () => {});
          test('admitted', () => { throw new Error('admitted'); });
          test('left out', { skip: true }, () => {});
          test('to do', { todo: true }, () => {});
          suite('inner', () => test('refused, too', () => {}));
        });
        test('holds two', async (t) => {
          await t.test('one', () => {});
          await t.test('two', () => {});
        });
        test('after it', () => {});`,
      'tests/attacks/broken.test.ts': `throw new Error('breaks off');`,
      'tests/other/b.test.ts': `import { test } from 'node:test'; test('no attack', () => {});`,
    };
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(join(place, name, '..'), { recursive: true });
      writeFileSync(join(place, name), text);
    }
    const script = `
      import { run } from 'node:test';
      import { countAttacks } from ${JSON.stringify(join(root, 'scripts/count-attacks.ts'))};
      const attacks = countAttacks(process.cwd());
      const events = run({ files: process.argv.slice(2), concurrency: 2 });
      events.on('test:pass', attacks.passed);
      events.on('test:fail', attacks.failed);
      for await (const _ of events);
      console.log(attacks.tell());`;
    writeFileSync(join(place, 'count.ts'), script);
    const told = await new Promise<string>((resolve, reject) => {
      const args = [join(place, 'count.ts'), ...Object.keys(files).map((name) => join(place, name))];
      execFile(process.execPath, args, { cwd: place, env: environment }, (error, stdout) => (error ? reject(error) : resolve(stdout)));
    });
    // refused, admitted, refused too, one, two, after it.
    assert.equal(told.trim(), 'attacks: 6 cases tried, 1 admitted');
  });
});
