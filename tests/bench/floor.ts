import { startChild } from './channel.ts';
import type { Part } from './floor-child.ts';
import type { RunResult } from './load-child.ts';
import { makeLoads } from './loads.ts';
import type { Usage } from './meters.ts';
import { median, round } from './statistics.ts';
import { prepareWorkbench } from './workbench.ts';

export interface FloorRow {
  readonly name: string;
  /** Microseconds of CPU (user and system, all threads) per request: the median of the rounds. */
  readonly cpuUs: number;
  /** Median of the rounds' ratios to the bare pass-through. */
  readonly ratio: number;
}

export interface FloorResult {
  readonly rows: readonly FloorRow[];
  readonly rounds: number;
  readonly node: string;
  readonly sound: boolean;
}

const variants: ReadonlyMap<string, readonly Part[]> = new Map<string, readonly Part[]>([
  ['all stages', []],
  ['without the policy', ['policy']],
  ['without the record', ['record']],
  ['without the operational log', ['log']],
  ['without any of them', ['policy', 'record', 'log']],
]);

/**
 * What parts of the gateway cost under load: small bodies, the gateway whole and with parts taken away, and the bare pass-through, in rounds that
 * take turns. What is left without any of them (TLS, HTTP, Express, the proxying library, and the other stages) no faster policy or record goes below.
 */
export async function benchFloor({ quick }: { readonly quick: boolean }): Promise<FloorResult> {
  const bench = await prepareWorkbench();
  const children: ReturnType<typeof startChild>[] = [];
  const open = (name: string, file = `${name}-child.ts`) => {
    const child = startChild(name, file, bench.log);
    children.push(child);
    return child;
  };
  try {
    const upstream = open('upstream');
    const { url: upstreamUrl } = await upstream.ask<{ url: string }>('start', { credential: bench.credential, pem: bench.pem });
    const path = await bench.configure(upstreamUrl);
    const bare = open('bare');
    const { url: bareUrl } = await bare.ask<{ url: string }>('start', { upstreamUrl, pem: bench.pem });
    const parties = [{ name: 'bare pass-through', child: bare, url: bareUrl, token: bench.credential, taken: [] as number[] }];
    for (const [name, without] of variants) {
      const child = open(name, 'floor-child.ts');
      const { url } = await child.ask<{ url: string }>('start', { path, without });
      parties.push({ name, child, url, token: bench.token, taken: [] });
    }
    const callers = open('load');
    const [small] = makeLoads(quick ? 0.3 : 0.5);
    let errors = 0;
    const go = async ({ child, url, token }: (typeof parties)[number]): Promise<number> => {
      const before = await child.ask<Usage>('usage');
      const result = await callers.ask<RunResult>('run', { url, token, load: small, ca: bench.pem.ca, limitMs: 30_000 });
      const after = await child.ask<Usage>('usage');
      errors += result.errors;
      return (after.cpuUs - before.cpuUs) / Math.max(1, result.done);
    };
    for (let number = 0; number < 8; number += 1) for (const party of parties) await go(party);
    const rounds = quick ? 5 : 15;
    for (let number = 0; number < rounds; number += 1) {
      const first = number % parties.length;
      for (const party of [...parties.slice(first), ...parties.slice(0, first)]) party.taken.push(await go(party));
    }
    for (const child of children.splice(0).reverse()) await child.stop();
    const [reference] = parties;
    const rows = parties.map(({ name, taken }) => ({
      name,
      cpuUs: round(median(taken)),
      ratio: round(median(taken.map((us, index) => us / (reference?.taken[index] ?? Number.NaN))), 2),
    }));
    return { rows, rounds, node: process.version, sound: errors === 0 };
  } finally {
    for (const child of children) child.kill();
    await bench.clear(false);
  }
}
