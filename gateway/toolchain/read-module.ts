import { existsSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { promisify } from 'node:util';
import { brotliDecompress } from 'node:zlib';
import { Breakage } from '../errors.ts';

const decompress = promisify(brotliDecompress);

/** Where the built toolchain lies: at the top of the checkout or the package, from which the compiled sources lie one folder deeper, in dist. */
export function toolchainDirectory(): string {
  const top = join(import.meta.dirname, '..', '..', ...(extname(import.meta.filename) === '.js' ? ['..'] : []));
  return join(top, 'toolchain', 'build');
}

/**
 * Reads the toolchain's WebAssembly module: `opa.wasm`, or else `opa.wasm.br`.
 *
 * @throws Breakage where neither is there; the message says what to do
 */
export async function readModule(directory: string): Promise<Uint8Array> {
  const plain = join(directory, 'opa.wasm');
  if (existsSync(plain)) return readFileSync(plain);
  const compressed = `${plain}.br`;
  if (!existsSync(compressed)) throw new Breakage('gateway.error', missing(directory));
  try {
    return await decompress(readFileSync(compressed));
  } catch (cause) {
    throw new Breakage('gateway.error', `${compressed} is damaged. Build it again (npm run toolchain), or install the package again.`, {
      cause,
    });
  }
}

function missing(directory: string): string {
  return `The policy toolchain is not built: there is neither opa.wasm nor opa.wasm.br in ${directory}.

In a checkout, build it once (Go 1.26 or later, about a minute):

    npm run toolchain

Without Go, take the one that the published package holds, in a directory of its own:

    npm install --prefix /tmp/regate regate
    mkdir -p ${directory}
    cp /tmp/regate/node_modules/regate/toolchain/build/opa.wasm.br ${directory}/`;
}
