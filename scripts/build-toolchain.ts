/*
 * Builds the Go module in toolchain/, with OPA in it, as WebAssembly modules that Node runs: opa.wasm, the policy toolchain, and builtins.wasm, the
 * built-ins that OPA's own code answers in the gateway. Writes them to toolchain/build and, for the published package, with .br at the end of their
 * names. Takes about two minutes the first time, seconds after that.
 *
 * Fails when Go is missing or older than toolchain/go.mod asks for, when the modules cannot be fetched, or when the code does not compile; the
 * message says which.
 *
 *     npm run toolchain
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';

const toolchain = join(import.meta.dirname, '..', 'toolchain');
const build = join(toolchain, 'build');

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function fail(text: string): never {
  process.stderr.write(`${text}\n`);
  process.exit(2);
}

function go(args: readonly string[]): void {
  const { error, status } = spawnSync('go', args, {
    cwd: toolchain,
    stdio: 'inherit',
    // CGO and the caller's flags have no part in what is built.
    env: { ...process.env, GOOS: 'wasip1', GOARCH: 'wasm', CGO_ENABLED: '0', GOFLAGS: '-buildvcs=false' },
  });
  if (error !== undefined && 'code' in error && error.code === 'ENOENT') {
    fail(`The policy toolchain is built with Go 1.26 or later, and there is no "go" on the PATH.

Install it from https://go.dev/dl/ (any Go from 1.21 on fetches the version that toolchain/go.mod asks for), then:

    npm run toolchain

Without Go, take the toolchain that the published package holds:

    npm install --prefix /tmp/regate regate
    mkdir -p toolchain/build && cp /tmp/regate/node_modules/regate/toolchain/build/*.br toolchain/build/`);
  }
  if (error !== undefined) fail(`"go" cannot be run: ${error.message}`);
  if (status !== 0) fail(`"go ${args.join(' ')}" failed in ${toolchain}; what it said stands above.`);
}

/** Builds one program of the Go module, and its compressed copy. */
function buildProgram(name: string, args: readonly string[]): void {
  const target = join(build, name);
  say(`Building toolchain/build/${name} ...`);
  const started = performance.now();
  // Beside and renamed over it: whoever reads it meanwhile reads the old module or the new one.
  go(['build', '-trimpath', '-ldflags=-s -w', '-o', `${target}.tmp`, ...args]);
  renameSync(`${target}.tmp`, target);
  const module = readFileSync(target);
  const compressed = brotliCompressSync(module, {
    params: {
      // Above 6 it takes many times as long for a few per cent.
      [constants.BROTLI_PARAM_QUALITY]: 6,
      [constants.BROTLI_PARAM_LGWIN]: 24,
      [constants.BROTLI_PARAM_SIZE_HINT]: module.length,
    },
  });
  writeFileSync(`${target}.br.tmp`, compressed);
  renameSync(`${target}.br.tmp`, `${target}.br`);
  const megabytes = (bytes: number) => `${(bytes / 1_000_000).toFixed(1)} MB`;
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  say(`${name} ${megabytes(module.length)}, ${name}.br ${megabytes(compressed.length)}, in ${seconds} s`);
}

mkdirSync(build, { recursive: true });
buildProgram('opa.wasm', ['.']);
buildProgram('builtins.wasm', ['-buildmode=c-shared', './builtins']);
