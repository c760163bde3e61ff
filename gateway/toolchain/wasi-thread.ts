import { WASI } from 'node:wasi';
import { parentPort, workerData } from 'node:worker_threads';

export interface ThreadData {
  readonly module: WebAssembly.Module;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly preopens: Record<string, string>;
  /** stdin, stdout, stderr */
  readonly descriptors: readonly [number, number, number];
}

// The body of a toolchain thread: run one WASI command to its end, tell its exit code.
const { module, args, cwd, preopens, descriptors } = workerData as ThreadData;
const wasi = new WASI({
  version: 'preview1',
  args: [...args],
  // Go takes its working directory from PWD; nothing else of the environment concerns it.
  env: { PWD: cwd },
  preopens,
  stdin: descriptors[0],
  stdout: descriptors[1],
  stderr: descriptors[2],
  returnOnExit: true,
});
const instance = new WebAssembly.Instance(module, { wasi_snapshot_preview1: wasi.wasiImport });
parentPort?.postMessage(wasi.start(instance));
