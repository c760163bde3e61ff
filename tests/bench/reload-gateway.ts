import { readFileSync } from 'node:fs';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { get } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { unpackTar } from '../../gateway/bundle/unpack-tar.ts';
import { findDefaultBundle } from '../../gateway/demo/demo.ts';
import { localFileSystem } from '../../gateway/ledger/file-system.ts';
import { readEntries } from '../../gateway/ledger/read-entries.ts';
import { pickSegments } from '../../gateway/ledger/segment-names.ts';
import { packBundle } from '../engine/harness.ts';
import { type Child, startChild } from './channel.ts';
import type { Order, RunResult } from './load-child.ts';
import { makeLoads } from './loads.ts';
import { percentile, round } from './statistics.ts';
import { prepareWorkbench, type Workbench } from './workbench.ts';

export interface ReloadGatewayResult {
  readonly principals: number;
  readonly swaps: number;
  readonly requests: number;
  readonly failed: number;
  readonly complaints: readonly string[];
  /** Decisions on record whose answer is not that of the revision which they name. */
  readonly mixed: number;
  readonly decided: Readonly<Record<string, number>>;
  readonly perSecond: number;
  /** From the new file to the new revision. */
  readonly swapMs: number;
  /** Milliseconds in which the gateway's event loop stood still, at most. */
  readonly longestPauseMs: { readonly quiet: Pause; readonly reloading: Pause };
  readonly memoryMiB: number;
  readonly node: string;
  readonly sound: boolean;
}

interface Pause {
  readonly wall: number;
  readonly own: number;
}

/** Revision → the cap that engineers get by it, so that every record tells by which of the two it was made. */
const caps = { even: 3000, odd: 2000 } as const;
const principals = 100_000;

/** Swaps the policy of a whole gateway, with data of 100,000 principals, again and again while callers ask over HTTPS. */
export async function benchReloadGateway({ quick }: { readonly quick: boolean }): Promise<ReloadGatewayResult> {
  const swaps = quick ? 3 : 20;
  const bench = await prepareWorkbench();
  const children: Child[] = [];
  const open = (name: string) => {
    const child = startChild(name, `${name}-child.ts`, bench.log);
    children.push(child);
    return child;
  };
  try {
    const bundles = [await grow('even'), await grow('odd')];
    const bundle = join(bench.folder, 'policy.tar.gz');
    const deploy = async (swap: number) => {
      await writeFile(`${bundle}.new`, bundles[swap % 2] ?? Buffer.alloc(0));
      await rename(`${bundle}.new`, bundle);
    };
    await deploy(0);
    const upstream = open('upstream');
    const { url: upstreamUrl } = await upstream.ask<{ url: string }>('start', { credential: bench.credential, pem: bench.pem });
    const gateway = open('watched');
    const { url, doorsUrl } = await gateway.ask<{ url: string; doorsUrl: string }>('start', {
      path: await configure(bench, upstreamUrl, bundle),
    });
    const load = open('load');
    const order = orderOf(bench, url);
    await load.ask<RunResult>('run', { ...order, limitMs: quick ? 2000 : 5000 });
    await gateway.ask('takePause');
    const calm = await load.ask<RunResult>('run', { ...order, limitMs: quick ? 2000 : 8000 });
    const quiet = await gateway.ask<Pause>('takePause');

    const times: number[] = [];
    let running = true;
    const runs: RunResult[] = [];
    const asking = (async () => {
      while (running) runs.push(await load.ask<RunResult>('run', { ...order, limitMs: 1000 }));
    })();
    for (let swap = 1; swap <= swaps; swap += 1) {
      const from = performance.now();
      await deploy(swap);
      const wanted = swap % 2 === 0 ? 'even' : 'odd';
      await untilRevision(doorsUrl, wanted);
      times.push(performance.now() - from);
    }
    running = false;
    await asking;
    const reloading = await gateway.ask<Pause>('takePause');
    const memoryMiB = await gateway.ask<number>('memory');
    for (const child of children.splice(0).reverse()) await child.stop();

    const { mixed, decided } = await judgeRecords(bench.decisions);
    const all = [calm, ...runs];
    const failed = all.reduce((sum, { errors }) => sum + errors, 0);
    const requests = all.reduce((sum, { done }) => sum + done, 0);
    const seconds = runs.reduce((sum, run) => sum + run.seconds, 0);
    return {
      ...{ principals, swaps, requests, failed, mixed, decided, memoryMiB },
      complaints: all.flatMap(({ complaints }) => complaints).slice(0, 5),
      perSecond: round(runs.reduce((sum, { done }) => sum + done, 0) / seconds, 0),
      swapMs: round(
        percentile(
          times.sort((one, other) => one - other),
          50,
        ),
      ),
      longestPauseMs: { quiet, reloading },
      node: process.version,
      sound: failed === 0 && mixed === 0 && requests > 500 && Math.min(decided['even'] ?? 0, decided['odd'] ?? 0) > 50,
    };
  } finally {
    for (const child of children) child.kill();
    await bench.clear(false);
  }
}

/** The default policies with another cap, and with data of many principals beside them. */
async function grow(revision: keyof typeof caps): Promise<Buffer> {
  const files = new Map(await unpackTar(gunzipSync(readFileSync(findDefaultBundle()))));
  const json = (name: string) => JSON.parse(Buffer.from(files.get(name) ?? []).toString('utf8'));
  const data = json('data.json');
  data.roles.engineer.cap_tokens = caps[revision];
  data.people = Object.fromEntries(
    Array.from({ length: principals }, (_, index) => [
      `person-${String(index).padStart(6, '0')}`,
      { roles: ['engineer'], team: `t${index % 50}` },
    ]),
  );
  const manifest = json('.manifest');
  files.set('.manifest', Buffer.from(JSON.stringify({ ...manifest, revision, roots: [...manifest.roots, 'people'] })));
  files.set('data.json', Buffer.from(JSON.stringify(data)));
  return packBundle([...files].map(([name, content]) => ({ name: `/${name}`, content })));
}

async function configure(bench: Workbench, upstreamUrl: string, bundle: string): Promise<string> {
  const path = await bench.configure(upstreamUrl);
  const file = JSON.parse(await readFile(path, 'utf8')) as { policy: object };
  // Memory for the parsed data of many principals.
  file.policy = { bundle, poll_seconds: 1, max_memory_mib: 256 };
  await writeFile(path, JSON.stringify(file));
  return path;
}

function orderOf(bench: Workbench, url: string): Omit<Order, 'limitMs'> {
  const small = makeLoads(1).find(({ name }) => name === 'small');
  if (small === undefined) throw new Error('there is no load of small bodies');
  return { url, token: bench.token, ca: bench.pem.ca, load: { ...small, concurrency: 16, requests: 1_000_000 } };
}

/** A swap that takes longer than this has failed. */
const patienceMs = 60_000;

async function untilRevision(doorsUrl: string, wanted: string): Promise<void> {
  const from = performance.now();
  for (;;) {
    const policy = await policyOf(doorsUrl);
    if (policy?.active_revision === wanted) return;
    if (performance.now() - from > patienceMs) throw new Error(`the revision ${wanted} does not become active: ${JSON.stringify(policy)}`);
    await sleep(20);
  }
}

function policyOf(doorsUrl: string): Promise<{ readonly active_revision?: string } | undefined> {
  return new Promise((resolve, reject) => {
    get(`${doorsUrl}/readyz`, async (answer) => {
      let text = '';
      for await (const chunk of answer) text += String(chunk);
      const { policy } = JSON.parse(text) as { policy?: { active_revision?: string } };
      resolve(policy);
    }).on('error', reject);
  });
}

/** Each decision must be that of the revision which it names. */
async function judgeRecords(directory: string): Promise<{ readonly mixed: number; readonly decided: Readonly<Record<string, number>> }> {
  const decided: Record<string, number> = {};
  let mixed = 0;
  for (const segment of pickSegments(await localFileSystem.list(directory))) {
    for await (const { entry } of readEntries(localFileSystem, directory, segment)) {
      if (entry.kind !== 'decided') continue;
      const revision = entry.policy?.revision ?? 'none';
      decided[revision] = (decided[revision] ?? 0) + 1;
      const { obligations = [] } = (entry.result ?? {}) as {
        readonly obligations?: readonly { readonly type: string; readonly max?: number }[];
      };
      const cap = obligations.find(({ type }) => type === 'cap-tokens')?.max;
      if (cap !== caps[revision as keyof typeof caps] || entry.mask?.by !== 'policy') mixed += 1;
    }
  }
  return { mixed, decided };
}
