import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { openLedger } from '../../gateway/composition/ledger.ts';
import { type FileSystemPort, localFileSystem } from '../../gateway/ledger/file-system.ts';
import { verifyLog } from '../../gateway/ledger/verify-log.ts';
import { systemClock } from '../../gateway/observe/clock.ts';
import { makeDecide } from '../../gateway/pipeline/decide/decide.ts';
import { makeRecord } from '../../gateway/pipeline/record/record.ts';
import { delivered, tellStory } from './record.ts';
import { ask, openScene, silent } from './scene.ts';
import { round } from './statistics.ts';
import { prepareWorkbench, type Workbench } from './workbench.ts';

export interface VerifyResult {
  /** `decided` and `delivered` lines. */
  readonly records: number;
  readonly mebibytes: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly recordsPerSecond: number;
  readonly checkpoints: number;
  readonly node: string;
  readonly sound: boolean;
}

/** The machine's disk without its syncs: what is measured is reading. */
const unsynced: FileSystemPort = {
  ...localFileSystem,
  async create(path) {
    const file = await localFileSystem.create(path);
    return { ...file, datasync: () => Promise.resolve() };
  },
};

/** Time of `regate log verify` over a log as a gateway writes it: chain, links, Merkle roots and signatures. One thread. */
export async function benchVerify({ quick }: { readonly quick: boolean }): Promise<VerifyResult> {
  const bench = await prepareWorkbench();
  try {
    const records = quick ? 100_000 : 1_000_000;
    await write(bench, records / 2);
    const names = await readdir(bench.decisions);
    const sizes = await Promise.all(names.map(async (name) => (await stat(join(bench.decisions, name))).size));
    const cpu = process.cpuUsage();
    const from = performance.now();
    const result = await verifyLog({ directory: bench.decisions });
    const seconds = (performance.now() - from) / 1000;
    const { user, system } = process.cpuUsage(cpu);
    const written = result.lines - 2 * result.segments;
    return {
      records: written,
      mebibytes: round(sizes.reduce((sum, size) => sum + size, 0) / 1024 ** 2, 0),
      seconds: round(seconds, 1),
      cpuSeconds: round((user + system) / 1e6, 1),
      recordsPerSecond: round(written / seconds, 0),
      checkpoints: result.checkpoints.count,
      node: process.version,
      sound: result.problems.length === 0 && written === records && result.checkpoints.lines === result.lines,
    };
  } finally {
    await bench.clear(false);
  }
}

/** Two lines for each request, the first masked by the policy once and then varied: the mask is not what is measured. */
async function write(bench: Workbench, requests: number): Promise<void> {
  const { configuration, policy } = await openScene(bench);
  const entries: object[] = [];
  const keep = { append: async (entry: object) => void entries.push(entry), enqueue: (entry: object) => void entries.push(entry) };
  const { labels, catalogue, record: settings } = configuration;
  const stage = makeRecord({
    log: keep,
    clock: systemClock,
    labels,
    catalogueDigest: catalogue.digest,
    anonymousPerSecond: 1,
    logger: silent,
  });
  const story = tellStory(makeDecide({ catalogue, clock: systemClock }), ask(policy, true));
  await stage.decided(story, policy);
  await stage.delivered(story, delivered, 1);
  const place = { ...settings, directory: bench.decisions };
  const log = await openLedger({
    configuration: place,
    clock: systemClock,
    logger: silent,
    onStateChange: () => undefined,
    files: unsynced,
  });
  for (let done = 0; done < requests; done += 1000) {
    const batch = Array.from({ length: Math.min(1000, requests - done) }, (_, n) =>
      entries.map((entry) => ({ ...entry, decision_id: `b-${done + n}` })),
    );
    await Promise.all(batch.flat().map((entry) => log.append(entry)));
  }
  await log.close();
}
