import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { brotliDecompress } from 'node:zlib';
import { Breakage } from '../../errors.ts';

const decompress = promisify(brotliDecompress);

/** Where the toolchain is built: in the checkout beside its sources, in the installed package compressed. */
export function buildDirectory(): string {
  for (let folder = import.meta.dirname; ; folder = dirname(folder)) {
    const built = join(folder, 'toolchain', 'build');
    if (existsSync(built) || folder === dirname(folder)) return built;
  }
}

/**
 * Reads `builtins.wasm`, or else `builtins.wasm.br`.
 * @throws Breakage `policy.unavailable` where neither is there or can be read; the message says what to do
 */
export async function readGoModule(directory: string = buildDirectory()): Promise<Uint8Array> {
  const plain = join(directory, 'builtins.wasm');
  const compressed = `${plain}.br`;
  try {
    if (existsSync(plain)) return await readFile(plain);
    if (existsSync(compressed)) return await decompress(await readFile(compressed));
  } catch (cause) {
    throw new Breakage('policy.unavailable', `${plain} cannot be read; build it again with npm run toolchain`, { cause });
  }
  throw new Breakage(
    'policy.unavailable',
    `there is neither builtins.wasm nor builtins.wasm.br in ${directory}; npm run toolchain builds it`,
  );
}
