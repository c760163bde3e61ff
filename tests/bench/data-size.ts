import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../gateway/observe/clock.ts';
import { makeDecide, type Question } from '../../gateway/pipeline/decide/decide.ts';
import { sampleCatalogue } from '../engine/sample-catalogue.ts';
import { ask as askStub } from '../pipeline/decide/questions.ts';
import { makeLargeBundle } from './large-bundle.ts';
import { openScene } from './scene.ts';
import { median, round } from './statistics.ts';
import type { Workbench } from './workbench.ts';

/** What the size of the data costs a decision. */
export interface DataSizeResult {
  readonly principals: readonly [small: number, large: number];
  /** Microseconds of the decide step, median. */
  readonly p50Us: readonly [number, number];
  /** Large over small. */
  readonly ratio: number;
}

const small = 10;
const large = 100_000;

/** The same question to the same policy, once over little and once over much data, in rounds that take turns. */
export async function measureDataSize(bench: Workbench, count: number): Promise<DataSizeResult> {
  const folder = await mkdtemp(join(tmpdir(), 'regate-bench-data-'));
  try {
    const open = async (principals: number): Promise<{ readonly question: Question; readonly times: number[] }> => {
      const path = join(folder, `${principals}.tar.gz`);
      await writeFile(path, await makeLargeBundle(principals, `with-${principals}`, true));
      return { question: askStub((await openScene(bench, path)).policy), times: [] };
    };
    const sides = [await open(small), await open(large)] as const;
    const decide = makeDecide({ catalogue: sampleCatalogue, clock: systemClock });
    const rounds = 20;
    for (let round = -rounds; round < rounds; round += 1) {
      for (const { question, times } of sides) {
        for (let turn = 0; turn < count / rounds; turn += 1) {
          const from = performance.now();
          decide(question);
          // The first rounds warm up.
          if (round >= 0) times.push((performance.now() - from) * 1000);
        }
      }
    }
    const [few, many] = sides.map(({ times }) => median(times)) as [number, number];
    return { principals: [small, large], p50Us: [round(few), round(many)], ratio: round(many / few, 2) };
  } finally {
    await rm(folder, { recursive: true });
  }
}
