import { deepestDebt } from './meter-body.ts';
import { stepsExport } from './meter-module.ts';

/** The evaluation has taken all the time that it may. */
export class OutOfTime extends Error {
  override readonly name = 'OutOfTime';
}

/**
 * Steps before time is looked at for the first time: some five times what a decision takes. Ordinary decisions cost no look, and nothing about
 * them depends on time.
 */
const firstSlice = 200_000;
/** Steps between two looks. A step is mostly a nanosecond or two; where every one misses the caches, some forty. */
const slice = 100_000;
/** More steps than any machine takes in a millisecond: the end also where time stands still. */
const mostStepsPerMs = 4_000_000;

/** What one evaluation may take. The module counts its steps as it runs; the host adds those for what it does on the module's behalf. */
export interface Steps {
  /** Begins to count for an evaluation. */
  begin(): void;
  /** @throws OutOfTime */
  spend(steps: number): void;
  /** The module has used up its slice. @throws OutOfTime */
  tick(): void;
  /** Whether the module trapped because of its debt: the trap itself does not say so. */
  isOverdrawn(): boolean;
  /** Milliseconds that the evaluation may still take, for what waits on its behalf. */
  leftMs(): number;
  /** Since `begin`. */
  taken(): number;
}

export interface StepsNeeds {
  /** Milliseconds of CPU that this thread has used. What the machine takes away for others is not the policy's fault. */
  readonly cpuMs: () => number;
  readonly maxEvaluationMs: number;
}

/**
 * Counts for one instance.
 * @param exports of a metered module; of one that is not metered, only the host's part is counted
 */
export function makeSteps(exports: Readonly<Record<string, unknown>>, { cpuMs, maxEvaluationMs }: StepsNeeds): Steps {
  const exported = exports[stepsExport];
  const left = exported instanceof WebAssembly.Global ? exported : { value: 0 };
  const most = maxEvaluationMs * mostStepsPerMs;
  let granted = 0;
  /** Set at the first look, or question. */
  let deadline: number | undefined;

  function tick(): void {
    deadline ??= cpuMs() + maxEvaluationMs;
    if (granted - left.value >= most || cpuMs() >= deadline) throw new OutOfTime('the evaluation has taken all the time that it may');
    // What went below zero has been taken too.
    granted += slice - Math.min(left.value, 0);
    left.value = slice;
  }

  return {
    begin() {
      granted = firstSlice;
      left.value = firstSlice;
      deadline = undefined;
    },
    spend(steps) {
      // The global has 32 bits.
      left.value = Math.max(left.value - Math.ceil(steps), -(2 ** 31));
      if (left.value < 0) tick();
    },
    tick,
    isOverdrawn: () => left.value < deepestDebt,
    leftMs() {
      const now = cpuMs();
      deadline ??= now + maxEvaluationMs;
      return Math.max(deadline - now, 0);
    },
    taken: () => granted - left.value,
  };
}
