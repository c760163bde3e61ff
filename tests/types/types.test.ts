import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';

const run = promisify(execFile);
const here = import.meta.dirname;
const root = join(here, '..', '..');
const tsc = join(root, 'node_modules', '.bin', 'tsc');
const promises = readFileSync(join(here, 'sealed-outputs.ts'), 'utf8');

/** Compiles a copy of the promises, away from the sources, with imports that lead to the same files. */
async function compile(change: (text: string) => string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'regate-types-'));
  try {
    writeFileSync(join(folder, 'sealed-outputs.ts'), change(promises).replaceAll("'../../gateway/", `'${root}/gateway/`));
    const compilerOptions = { typeRoots: [join(root, 'node_modules', '@types')], rewriteRelativeImportExtensions: false };
    const config = { extends: join(root, 'tsconfig.json'), compilerOptions, include: ['sealed-outputs.ts'] };
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
    return await run(tsc, ['-p', folder, '--pretty', 'false']).then(
      ({ stdout }) => stdout,
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
  const marks = promises.split('// @ts-expect-error').length - 1;
  assert.ok(marks >= 15);
  assert.equal(output.length, marks, output.join('\n'));
});
