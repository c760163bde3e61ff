import type { PinnedPolicy } from '../../vocabulary/decision.ts';

/** One input, and where it is from. */
export interface BenchCase {
  readonly title: string;
  readonly input: unknown;
}

/** How long the evaluations of one input took, in microseconds, and what came out. */
export interface Timing {
  readonly title: string;
  /** Of the input's JSON. Reading it is a large part of the time. */
  readonly input_bytes: number;
  readonly p50_us: number;
  readonly p99_us: number;
  readonly allow?: boolean;
  /** Of the answer's reasons, sorted. */
  readonly codes: readonly string[];
  /** Why there is no time: the evaluation failed. */
  readonly failed?: string;
}

export interface MeasureNeeds {
  readonly policy: PinnedPolicy;
  readonly entrypoint: string;
  /** Evaluations of each input that count. As many go before them, so that the module is compiled to what it will be under load. */
  readonly runs: number;
  /** Milliseconds, of any origin. */
  readonly now: () => number;
}

/**
 * Times the evaluations of each input on the gateway's own engine: writing the input, running the module, reading the answer. Rounds go through all
 * inputs, so that a busy moment of the machine does not fall on one of them.
 */
export function measure(cases: readonly BenchCase[], { policy, entrypoint, runs, now }: MeasureNeeds): readonly Timing[] {
  const spent = cases.map((): number[] => []);
  const first = cases.map(({ input }) => attempt(policy, entrypoint, input));
  for (let round = -runs; round < runs; round += 1) {
    for (const [place, { input }] of cases.entries()) {
      if (first[place]?.failed !== undefined) continue;
      const from = now();
      policy.evaluate(entrypoint, input);
      if (round >= 0) spent[place]?.push((now() - from) * 1000);
    }
  }
  return cases.map(({ title, input }, place) => {
    const times = (spent[place] ?? []).sort((left, right) => left - right);
    return {
      title,
      input_bytes: Buffer.byteLength(JSON.stringify(input) ?? ''),
      p50_us: percentile(times, 50),
      p99_us: percentile(times, 99),
      ...(first[place] ?? { codes: [] }),
    };
  });
}

function attempt(policy: PinnedPolicy, entrypoint: string, input: unknown): Pick<Timing, 'allow' | 'codes' | 'failed'> {
  try {
    return describe(policy.evaluate(entrypoint, input));
  } catch (error) {
    return { codes: [], failed: error instanceof Error ? error.message : String(error) };
  }
}

function describe(answer: unknown): Pick<Timing, 'allow' | 'codes'> {
  const { allow, reasons } = (answer ?? {}) as { readonly allow?: unknown; readonly reasons?: unknown };
  const codes = Array.isArray(reasons) ? reasons.map((reason: { readonly code?: unknown } | null) => String(reason?.code)).sort() : [];
  return { ...(typeof allow === 'boolean' && { allow }), codes };
}

/** Nearest rank, to a tenth; 0 of nothing. */
function percentile(sorted: readonly number[], percent: number): number {
  const value = sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)] ?? 0;
  return Math.round(value * 10) / 10;
}
