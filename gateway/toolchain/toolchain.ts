import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, realpathSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, extname, join, resolve } from 'node:path';
import { Worker } from 'node:worker_threads';
import { Breakage } from '../errors.ts';
import type { ThreadData } from './wasi-thread.ts';

export interface ToolchainNeeds {
  /** Gives the bytes of `opa.wasm`; called at the first run. */
  readonly readModule: () => Promise<Uint8Array>;
}

/** One call of the toolchain. */
export interface ToolchainCall {
  /** `build`, `check`, `test`, `fmt`, `eval`, `inspect` or `capabilities`. */
  readonly command: string;
  /** Flags and names, given the directory in which the call may leave files. */
  readonly args: (scratch: string) => readonly string[];
  /** The files and directories that it may touch. It sees nothing else. Relative to `cwd`. */
  readonly paths: readonly string[];
  readonly cwd: string;
  /** Names of the files that it may leave in `scratch`. */
  readonly leaves?: readonly string[];
}

export interface ToolchainResult {
  /** 0 all is well, 1 the policies have findings, 2 wrong use or surroundings. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** What it left, by name. */
  readonly files: ReadonlyMap<string, Uint8Array>;
}

export interface Toolchain {
  /** @throws Breakage where the toolchain is not built, or breaks */
  run(call: ToolchainCall): Promise<ToolchainResult>;
}

/**
 * Makes what runs OPA: the module that `toolchain/` builds, under node:wasi, each call in a thread of its own, so that a policy that computes for
 * long holds up nobody. It sees the named directories, has no network, and no environment but the working directory.
 */
export function makeToolchain(needs: ToolchainNeeds): Toolchain {
  let compiled: Promise<WebAssembly.Module> | undefined;
  return {
    run: async (call) => {
      compiled ??= needs.readModule().then((bytes) => WebAssembly.compile(bytes));
      return runOnce(await compiled, call);
    },
  };
}

async function runOnce(module: WebAssembly.Module, call: ToolchainCall): Promise<ToolchainResult> {
  // Go resolves symbolic links in no path that WASI opens for it; a temporary directory may be one (macOS).
  const scratch = realpathSync(mkdtempSync(join(tmpdir(), 'regate-toolchain-')));
  try {
    const stdout = join(scratch, '.stdout');
    const stderr = join(scratch, '.stderr');
    const descriptors = [openSync('/dev/null', 'r'), openSync(stdout, 'wx'), openSync(stderr, 'wx')] as const;
    let code: number;
    try {
      code = await start({
        module,
        args: ['opa', call.command, ...call.args(scratch)],
        cwd: resolve(call.cwd),
        preopens: preopens([scratch, ...call.paths.map((path) => resolve(call.cwd, path))]),
        descriptors,
      });
    } finally {
      for (const descriptor of descriptors) closeSync(descriptor);
    }
    const left = (call.leaves ?? []).filter((name) => existsSync(join(scratch, name)));
    const files = left.map((name) => [name, readFileSync(join(scratch, name))] as const);
    return { code, stdout: readFileSync(stdout, 'utf8'), stderr: readFileSync(stderr, 'utf8'), files: new Map(files) };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** WASI opens directories only: for a file, the one that holds it. Names stay as they are, so that messages name what the author typed. */
function preopens(paths: readonly string[]): Record<string, string> {
  const open: Record<string, string> = {};
  for (const path of paths) {
    const stats = statSync(path, { throwIfNoEntry: false });
    const directory = stats?.isDirectory() ? path : dirname(path);
    if (statSync(directory, { throwIfNoEntry: false })?.isDirectory()) open[directory] = realpathSync(directory);
  }
  return open;
}

function start(data: ThreadData): Promise<number> {
  const { promise, resolve: done, reject } = Promise.withResolvers<number>();
  const fail = (cause: unknown) => reject(new Breakage('gateway.error', 'The policy toolchain broke off.', { cause }));
  const thread = new Worker(new URL(`./wasi-thread${extname(import.meta.filename)}`, import.meta.url), {
    workerData: data,
    // node:wasi says at each start that it is experimental.
    execArgv: ['--disable-warning=ExperimentalWarning'],
  });
  thread.once('message', done);
  thread.once('error', fail);
  thread.once('exit', (code) => fail(new Error(`the thread ended with ${code} before it answered`)));
  return promise;
}
