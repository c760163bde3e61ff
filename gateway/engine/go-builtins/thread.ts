import { closeSync, openSync } from 'node:fs';
import { WASI } from 'node:wasi';
import { workerData } from 'node:worker_threads';
import { slots, status, type ThreadData } from './thread-data.ts';

/** Memory never shrinks: an instance that has grown beyond this is given up after its call. */
const maxMemoryBytes = 256 << 20;

interface Exports {
  readonly memory: WebAssembly.Memory;
  readonly reserve: (size: number) => number;
  readonly invoke: () => number;
  readonly warm: () => void;
}

// The body of the thread: it answers one call after the other on one instance. What the module says to stdout or stderr may hold operands, and goes
// nowhere. It gets no directory, no argument and no environment.
const { module, warmUp, port, signal } = workerData as ThreadData;
const nowhere = openSync('/dev/null', 'r+');
let instance = start();

function start(): Exports {
  const wasi = new WASI({ version: 'preview1', args: ['builtins'], env: {}, stdin: nowhere, stdout: nowhere, stderr: nowhere });
  const made = new WebAssembly.Instance(module, { wasi_snapshot_preview1: wasi.wasiImport as Record<string, unknown> });
  wasi.initialize(made);
  return made.exports as unknown as Exports;
}

function answer(request: Uint8Array): Uint8Array {
  const place = instance.reserve(request.length) >>> 0;
  new Uint8Array(instance.memory.buffer).set(request, place);
  const at = instance.invoke() >>> 0;
  const length = new DataView(instance.memory.buffer).getUint32(at, true);
  return new Uint8Array(instance.memory.buffer).slice(at + 4, at + 4 + length);
}

port.on('message', (request: Uint8Array) => {
  let response: Uint8Array;
  try {
    response = answer(request);
    if (instance.memory.buffer.byteLength > maxMemoryBytes) instance = start();
  } catch {
    // Out of memory, or a fatal error of the Go runtime, which leaves by proc_exit: the instance is of no more use.
    response = Uint8Array.of(status.fault, ...new TextEncoder().encode('the module broke off'));
    instance = start();
  }
  port.postMessage(response);
  Atomics.add(signal, slots.answered, 1);
  Atomics.notify(signal, slots.answered);
});
port.on('close', () => closeSync(nowhere));

if (warmUp) instance.warm();
Atomics.store(signal, slots.ready, 1);
Atomics.notify(signal, slots.ready);
