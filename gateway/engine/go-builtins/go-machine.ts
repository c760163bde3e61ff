import { extname } from 'node:path';
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';
import { Breakage } from '../../errors.ts';
import { OutOfTime } from '../meter/steps.ts';
import { limitMemory } from './limit-memory.ts';
import { slots, type ThreadData } from './thread-data.ts';

export interface GoMachineNeeds {
  /** Gives the bytes of `builtins.wasm`; called once. */
  readonly readModule: () => Promise<Uint8Array>;
  /** How long a call may take at most, in milliseconds; also how long it waits for a thread that is starting. */
  readonly patienceMs: number;
  /** How much memory the module may have, a multiple of 64 KiB. Go itself needs some 30 MiB. */
  readonly maxMemoryBytes: number;
  /** Whether the first thread warms up before it takes calls; what it compiles then, later ones have too. */
  readonly warmUp: boolean;
}

export interface GoMachine {
  /** Compiles the module and starts a thread, unless that is done. @throws Breakage `policy.unavailable` */
  start(): Promise<void>;
  /**
   * Sends one request and waits for its response.
   * @param leftMs where less is left than the machine's patience
   * @throws OutOfTime where it takes too long
   * @throws GoMachineFault where the thread does not run
   */
  call(request: Uint8Array, leftMs?: number): Uint8Array;
  /** Ends the thread. */
  stop(): Promise<void>;
}

/** The call was broken off. */
export class GoMachineFault extends Error {
  override readonly name = 'GoMachineFault';
}

interface Running {
  readonly thread: Worker;
  readonly port: MessagePort;
  readonly signal: Int32Array<SharedArrayBuffer>;
}

/**
 * Runs the Go program of toolchain/builtins in a thread of its own and waits for it: a built-in is synchronous. The thread is what makes a call
 * that takes too long end: WebAssembly cannot be interrupted from its own thread, and a template, a schema or a query may be made to take for ever.
 * A thread that did not answer in time is ended and another started.
 */
export function makeGoMachine({ readModule, patienceMs, maxMemoryBytes, warmUp }: GoMachineNeeds): GoMachine {
  let compiled: Promise<WebAssembly.Module> | undefined;
  let module: WebAssembly.Module | undefined;
  let running: Running | undefined;

  function spawn(from: WebAssembly.Module, warm = false): Running {
    const { port1, port2 } = new MessageChannel();
    const signal = new Int32Array(new SharedArrayBuffer(8));
    const data: ThreadData = { module: from, warmUp: warm, port: port2, signal };
    const thread = new Worker(new URL(`./thread${extname(import.meta.filename)}`, import.meta.url), {
      workerData: data,
      transferList: [port2],
      env: {},
      stdout: true,
      stderr: true,
      // node:wasi says at each start that it is experimental.
      execArgv: ['--disable-warning=ExperimentalWarning'],
    });
    const made = { thread, port: port1, signal };
    const forget = () => {
      if (running === made) running = undefined;
      Atomics.store(signal, slots.ready, -1);
      Atomics.notify(signal, slots.ready);
    };
    thread.once('error', forget).once('exit', forget);
    // Neither keeps the process alive.
    thread.unref();
    port1.unref();
    return made;
  }

  async function end(): Promise<void> {
    const ended = running;
    running = undefined;
    ended?.port.close();
    await ended?.thread.terminate();
  }

  function restart(from: WebAssembly.Module): void {
    void end();
    running = spawn(from);
  }

  return {
    async start() {
      compiled ??= readModule().then((bytes) => WebAssembly.compile(limitMemory(bytes, maxMemoryBytes)));
      compiled.catch(() => {
        compiled = undefined;
      });
      module = await compiled;
      running ??= spawn(module, warmUp);
      const { signal, thread } = running;
      // Whoever waits for the start is to see its end.
      thread.ref();
      const waited = Atomics.waitAsync(signal, slots.ready, 0, 60_000);
      const outcome = waited.async ? await waited.value : waited.value;
      thread.unref();
      if (outcome === 'timed-out' || Atomics.load(signal, slots.ready) !== 1) {
        await end();
        throw new Breakage('policy.unavailable', 'the thread for the built-ins that OPA’s Go code answers does not start');
      }
    },

    call(request, leftMs = patienceMs) {
      if (module === undefined) throw new GoMachineFault('the module is not loaded');
      running ??= spawn(module);
      const { port, signal } = running;
      const patience = Math.min(patienceMs, leftMs);
      const until = performance.now() + patience;
      // A thread that is still starting is left to it.
      if (Atomics.wait(signal, slots.ready, 0, patience) === 'timed-out') throw new GoMachineFault('the thread is still starting');
      const before = Atomics.load(signal, slots.answered);
      port.postMessage(request);
      // The thread may wake this one for an answer that was seen before it came to that.
      while (Atomics.load(signal, slots.answered) === before) {
        if (Atomics.wait(signal, slots.answered, before, Math.max(until - performance.now(), 0)) !== 'timed-out') continue;
        restart(module);
        throw new OutOfTime(`the call took longer than ${Math.ceil(patience)} ms`);
      }
      const received = receiveMessageOnPort(port)?.message as Uint8Array | undefined;
      if (received === undefined) {
        restart(module);
        throw new GoMachineFault('the thread gave no answer');
      }
      return received;
    },

    stop: end,
  };
}
