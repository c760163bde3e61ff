import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';

const run = promisify(execFile);
const here = import.meta.dirname;
const root = join(here, '..', '..');
const tsc = join(root, 'node_modules', '.bin', 'tsc');

/** Compiles the promises in a folder beside this one, so that relative imports lead to the same files. */
async function compile(text: (original: string) => string): Promise<string> {
  const folder = mkdtempSync(join(root, 'tests', 'types-'));
  try {
    const file = join(folder, 'sealed-outputs.ts');
    copyFileSync(join(here, 'sealed-outputs.ts'), file);
    writeFileSync(file, text(readFileSync(file, 'utf8')));
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ extends: '../../tsconfig.json', include: ['sealed-outputs.ts'] }));
    return await run(tsc, ['-p', folder, '--pretty', 'false']).then(
      () => '',
      (error: { stdout: string }) => error.stdout,
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Errors in the file of promises; errors elsewhere are for the type check to tell. */
function own(output: string): readonly string[] {
  return output.split('\n').filter((line) => line.includes('sealed-outputs.ts('));
}

test('outputs are sealed: forwarding without a permit does not compile', async () => {
  assert.deepEqual(own(await compile((text) => text)), []);
});

test('each promise is needed: without its mark the line does not compile', async () => {
  const output = own(await compile((text) => text.replaceAll('// @ts-expect-error', '//')));
  const promises = readFileSync(join(here, 'sealed-outputs.ts'), 'utf8').split('// @ts-expect-error').length - 1;
  assert.ok(promises >= 15);
  assert.equal(output.length, promises, output.join('\n'));
});
