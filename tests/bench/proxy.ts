import { join } from 'node:path';
import { type Child, startChild } from './channel.ts';
import { countRecords, type Records } from './count-records.ts';
import type { Order, RunResult } from './load-child.ts';
import { type Load, makeLoads } from './loads.ts';
import type { Usage } from './meters.ts';
import { type ProfileSummary, readProfile } from './profile.ts';
import { median, round } from './statistics.ts';
import { prepareWorkbench, type Workbench } from './workbench.ts';

export interface ProxyOptions {
  readonly quick: boolean;
  /** Adds one round of each load that does not count and tells where the time goes. */
  readonly profile: boolean;
  /** Only this load. */
  readonly only?: string;
  /** Leaves the folder with logs, decisions and profiles. */
  readonly keep: boolean;
  readonly tell: (progress: string) => void;
}

/** One side in one load: medians over the rounds. */
export interface Side {
  /** Microseconds of CPU (user and system, all threads) per request. */
  readonly cpuUs: number;
  /** Of that, in the kernel. */
  readonly systemUs: number;
  /** Of that, on the main thread. */
  readonly mainUs: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly errors: number;
}

export interface LoadResult {
  readonly load: Load['name'];
  readonly title: string;
  readonly concurrency: number;
  readonly requestsPerRound: number;
  readonly rounds: number;
  /** Median of the rounds' ratios of CPU per request, ours over bare. */
  readonly ratio: number;
  /** The least and the greatest round. */
  readonly ratioRange: readonly [number, number];
  readonly ours: Side;
  readonly bare: Side;
  /** Without any proxy. The CPU is the upstream's own. */
  readonly direct: Side;
  readonly profiles?: Readonly<Record<'ours' | 'bare', ProfileSummary>>;
}

export interface ProxyResult {
  readonly ratio: number;
  readonly loads: readonly LoadResult[];
  readonly requests: number;
  readonly records: Records;
  readonly errors: number;
  readonly complaints: readonly string[];
  readonly residentMiB: { readonly ours: number; readonly bare: number };
  readonly node: string;
  readonly folder?: string;
  readonly sound: boolean;
}

interface Measure extends RunResult {
  readonly cpuUs: number;
  readonly systemUs: number;
  readonly mainUs: number;
}

interface Party {
  readonly child: Child;
  readonly url: string;
  readonly token: string;
  readonly measures: Measure[];
}

/**
 * CPU per request of the gateway and of a bare pass-through, under the same load, in rounds that take turns, so that what else the machine does
 * meets both.
 */
export async function benchProxy(options: ProxyOptions): Promise<ProxyResult> {
  const bench = await prepareWorkbench();
  const children: Child[] = [];
  const open = (name: string) => {
    const child = startChild(name, `${name}-child.ts`, bench.log);
    children.push(child);
    return child;
  };
  try {
    const upstream = open('upstream');
    const { url: upstreamUrl } = await upstream.ask<{ url: string }>('start', { credential: bench.credential, pem: bench.pem });
    const gateway = open('gateway');
    const { url: oursUrl } = await gateway.ask<{ url: string }>('start', { path: await bench.configure(upstreamUrl) });
    const bare = open('bare');
    const { url: bareUrl } = await bare.ask<{ url: string }>('start', { upstreamUrl, pem: bench.pem });
    const parties = {
      ours: { child: gateway, url: oursUrl, token: bench.token, measures: [] as Measure[] },
      bare: { child: bare, url: bareUrl, token: bench.credential, measures: [] as Measure[] },
      direct: { child: upstream, url: upstreamUrl, token: bench.credential, measures: [] as Measure[] },
    };
    const run = await measure(parties, open('load'), bench, options);
    const resident = { ours: await megabytes(gateway), bare: await megabytes(bare) };
    for (const child of children.splice(0).reverse()) await child.stop();

    const records = await countRecords(bench.decisions);
    const all = Object.values(parties).flatMap((party) => party.measures);
    const requests = parties.ours.measures.reduce((sum, { done }) => sum + done, 0);
    const errors = all.reduce((sum, each) => sum + each.errors, 0);
    const sound = requests > 0 && errors === 0 && records.odd === 0 && records.decided === requests && records.delivered === requests;
    return {
      ratio: run.loads.find(({ load }) => load === 'small')?.ratio ?? Number.NaN,
      ...run,
      requests,
      records,
      errors,
      complaints: all.flatMap(({ complaints }) => complaints).slice(0, 5),
      residentMiB: resident,
      node: process.version,
      ...(options.keep ? { folder: bench.folder } : {}),
      sound,
    };
  } finally {
    for (const child of children) child.kill();
    await bench.clear(options.keep);
  }
}

type Parties = Readonly<Record<'ours' | 'bare' | 'direct', Party>>;

async function measure(parties: Parties, callers: Child, bench: Workbench, { quick, profile, only, tell }: ProxyOptions) {
  const rounds = quick ? 3 : 9;
  const loads = makeLoads(quick ? 0.3 : 1).filter(({ name }) => only === undefined || name === only);
  const limitMs = quick ? 10_000 : 30_000;
  const go = (side: keyof Parties, load: Load) => {
    const party = parties[side];
    return measureOnce(party, callers, { url: party.url, token: party.token, load, ca: bench.pem.ca, limitMs });
  };

  // Rounds that do not count: connections are made, and the compiler, which works beside the main thread and whose time counts, has done its best.
  for (const load of makeLoads(1).filter(({ name }) => loads.some((each) => each.name === name))) {
    for (let number = 0; number < 6; number += 1) {
      for (const side of ['ours', 'bare'] as const) await go(side, load);
    }
    tell(`${load.title}: warmed up`);
  }
  const results: LoadResult[] = [];
  for (const load of loads) {
    const taken = { ours: [] as Measure[], bare: [] as Measure[] };
    for (let number = 0; number < rounds; number += 1) {
      // Who goes first changes, so that neither always meets the other's leftovers.
      for (const side of number % 2 === 0 ? (['ours', 'bare'] as const) : (['bare', 'ours'] as const)) {
        taken[side].push(await go(side, load));
      }
      tell(`${load.title}: round ${number + 1} of ${rounds}`);
    }
    const summary = summarise(load, taken.ours, taken.bare, [await go('direct', load)]);
    const profiles = profile ? { ours: await profileOnce('ours', load), bare: await profileOnce('bare', load) } : undefined;
    results.push({ ...summary, ...(profiles === undefined ? {} : { profiles }) });
  }
  return { loads: results };

  async function profileOnce(side: 'ours' | 'bare', load: Load): Promise<ProfileSummary> {
    const path = join(bench.folder, `${load.name}-${side}.cpuprofile`);
    await parties[side].child.ask('profile-start');
    const { done } = await go(side, load);
    await parties[side].child.ask('profile-stop', path);
    return readProfile(path, done);
  }
}

async function measureOnce(party: Party, callers: Child, order: Order): Promise<Measure> {
  const before = await party.child.ask<Usage>('usage');
  const result = await callers.ask<RunResult>('run', order);
  const after = await party.child.ask<Usage>('usage');
  const per = (used: number) => used / Math.max(1, result.done + result.errors);
  const taken = {
    ...result,
    cpuUs: per(after.cpuUs - before.cpuUs),
    systemUs: per(after.systemUs - before.systemUs),
    mainUs: per(after.mainUs - before.mainUs),
  };
  party.measures.push(taken);
  return taken;
}

function summarise(load: Load, ours: readonly Measure[], bare: readonly Measure[], direct: readonly Measure[]): LoadResult {
  const ratios = ours.map(({ cpuUs }, index) => cpuUs / (bare[index]?.cpuUs ?? Number.NaN));
  return {
    load: load.name,
    title: load.title,
    concurrency: load.concurrency,
    requestsPerRound: load.requests,
    rounds: ours.length,
    ratio: round(median(ratios), 2),
    ratioRange: [round(Math.min(...ratios), 2), round(Math.max(...ratios), 2)],
    ours: toSide(ours),
    bare: toSide(bare),
    direct: toSide(direct),
  };
}

function toSide(measures: readonly Measure[]): Side {
  const middle = (pick: (each: Measure) => number) => round(median(measures.map(pick)));
  return {
    cpuUs: middle(({ cpuUs }) => cpuUs),
    systemUs: middle(({ systemUs }) => systemUs),
    mainUs: middle(({ mainUs }) => mainUs),
    perSecond: middle(({ done, seconds }) => done / seconds),
    p50Ms: middle(({ p50 }) => p50),
    p99Ms: middle(({ p99 }) => p99),
    errors: measures.reduce((sum, { errors }) => sum + errors, 0),
  };
}

async function megabytes(child: Child): Promise<number> {
  return round((await child.ask<Usage>('usage')).residentBytes / 1024 / 1024);
}
