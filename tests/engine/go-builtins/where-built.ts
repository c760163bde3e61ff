import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { buildDirectory } from '../../../gateway/engine/go-builtins/read-go-module.ts';

const isBuilt = ['builtins.wasm', 'builtins.wasm.br'].some((name) => existsSync(join(buildDirectory(), name)));

/** Options of a test that calls the Go built-ins. Where they are not built such tests are skipped by name, but in CI they fail. */
export const whereBuilt = {
  skip: isBuilt || process.env['CI'] !== undefined ? false : 'Go built-ins not built: run npm run toolchain',
};
