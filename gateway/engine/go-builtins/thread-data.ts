import type { MessagePort } from 'node:worker_threads';

/** What the thread is given. */
export interface ThreadData {
  readonly module: WebAssembly.Module;
  /** Has the module run the code of signatures before the first call. */
  readonly warmUp: boolean;
  /** Takes requests, gives responses: both bytes of the module's own format. */
  readonly port: MessagePort;
  /** Two numbers that whoever calls waits on, see `slots`. */
  readonly signal: Int32Array<SharedArrayBuffer>;
}

/** `ready` becomes 1 when calls are taken; `answered` counts the answers. */
export const slots = { ready: 0, answered: 1 } as const;

/** The first byte of a response, as toolchain/builtins/main.go has it. */
export const status = { value: 0, undefined: 1, fault: 2 } as const;
