/*
 * Builds the policy toolchain: the Go module in toolchain/, with OPA in it, as a WebAssembly module that Node runs. Writes toolchain/build/opa.wasm
 * and, for the published package, opa.wasm.br. Takes about a minute the first time, seconds after that.
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
const target = join(build, 'opa.wasm');

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
    mkdir -p toolchain/build && cp /tmp/regate/node_modules/regate/toolchain/build/opa.wasm.br toolchain/build/`);
  }
  if (error !== undefined) fail(`"go" cannot be run: ${error.message}`);
  if (status !== 0) fail(`"go ${args.join(' ')}" failed in ${toolchain}; what it said stands above.`);
}

mkdirSync(build, { recursive: true });
say('Building toolchain/build/opa.wasm ...');
const started = performance.now();
// Beside and renamed over it: a run of the toolchain that starts meanwhile reads the old module or the new one.
go(['build', '-trimpath', '-ldflags=-s -w', '-o', `${target}.tmp`, '.']);
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
say(`opa.wasm ${megabytes(module.length)}, opa.wasm.br ${megabytes(compressed.length)}, in ${seconds} s`);
