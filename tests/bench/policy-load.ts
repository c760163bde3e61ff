import { setImmediate as turn } from 'node:timers/promises';
import type { PinnedPolicy } from '../../gateway/vocabulary/decision.ts';
import { round } from './statistics.ts';

export interface Pause {
  readonly wall: number;
  /** CPU of the main thread: what is left when other processes take the processor away. */
  readonly own: number;
}

export interface PolicyLoad {
  start(): void;
  /** The longest pause of the event loop since the last call. */
  takePause(): Pause;
  stop(): Promise<{ readonly requests: number; readonly failed: number; readonly mixed: number }>;
}

const requestsAtATime = 16;
const partsOfARequest = 3;

/**
 * Requests of several evaluations each, with a turn of the event loop in between, all by the policy that the request began with.
 * @param isWhole evaluates once; `false` where the answer is not that of the policy's own revision
 */
export function makePolicyLoad(current: () => PinnedPolicy | undefined, isWhole: (policy: PinnedPolicy) => boolean): PolicyLoad {
  let pause = { wall: 0, own: 0 };
  let running = true;
  const counts = { requests: 0, failed: 0, mixed: 0 };
  let work: Promise<unknown> = Promise.resolve();

  async function request(): Promise<void> {
    const policy = current();
    if (policy === undefined) throw new Error('no policy');
    for (let part = 0; part < partsOfARequest; part += 1) {
      if (!isWhole(policy)) counts.mixed += 1;
      await turn();
    }
    counts.requests += 1;
  }

  async function ask(): Promise<void> {
    while (running) {
      try {
        await request();
      } catch {
        counts.failed += 1;
        await turn();
      }
    }
  }

  async function watch(): Promise<void> {
    let last = performance.now();
    let lastOwn = ownMs();
    while (running) {
      await turn();
      const now = performance.now();
      const own = ownMs();
      pause = { wall: Math.max(pause.wall, now - last), own: Math.max(pause.own, own - lastOwn) };
      last = now;
      lastOwn = own;
    }
  }

  return {
    start() {
      work = Promise.all([watch(), ...Array.from({ length: requestsAtATime }, ask)]);
    },
    takePause() {
      const { wall, own } = pause;
      pause = { wall: 0, own: 0 };
      return { wall: round(wall), own: round(own) };
    },
    async stop() {
      running = false;
      await work;
      return counts;
    },
  };
}

function ownMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}
