import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { median, round } from './statistics.ts';

export interface KeptSide {
  readonly by: 'ours' | "winston's file transport";
  /** Microseconds of CPU (all threads) per line; neither masks. */
  readonly cpuUsPerLine: number;
  /** At the moment of SIGKILL: lines that the program had been told were taken, and those of them that were on disk afterwards. */
  readonly told: number;
  readonly onDisk: number;
}

interface Told {
  readonly safe: number;
  readonly cpuUs?: number;
}

const child = join(import.meta.dirname, 'kept-child.ts');

/** What the same lines cost on either side, and what is left of them after SIGKILL. @param folder on a real disk */
export async function compareKept(folder: string, quick: boolean): Promise<readonly KeptSide[]> {
  const sides: KeptSide[] = [];
  for (const [side, by] of [
    ['ours', 'ours'],
    ['winston', "winston's file transport"],
  ] as const) {
    const costs: number[] = [];
    for (let n = 0; n < (quick ? 1 : 3); n += 1) costs.push(await measureCost(folder, side, quick ? 5000 : 20_000));
    sides.push({ by, cpuUsPerLine: round(median(costs)), ...(await killUnderLoad(folder, side)) });
  }
  return sides;
}

async function measureCost(folder: string, side: string, lines: number): Promise<number> {
  const directory = await mkdtemp(join(folder, `${side}-`));
  const process = fork(child, [side, directory, String(lines)]);
  let cost: number | undefined;
  process.on('message', (told: Told) => {
    cost = told.cpuUs ?? cost;
    if (told.cpuUs !== undefined) process.kill('SIGKILL');
  });
  await once(process, 'exit');
  await rm(directory, { recursive: true });
  if (cost === undefined) throw new Error(`${side} did not come to its end`);
  return cost;
}

async function killUnderLoad(folder: string, side: string): Promise<{ readonly told: number; readonly onDisk: number }> {
  const directory = await mkdtemp(join(folder, `${side}-`));
  const process = fork(child, [side, directory, '0']);
  let told = 0;
  process.on('message', ({ safe }: Told) => {
    told = safe;
  });
  while (told < 3000) await pause(5);
  process.kill('SIGKILL');
  await once(process, 'exit');
  const texts = await Promise.all((await readdir(directory)).map((name) => readFile(join(directory, name), 'utf8')));
  const numbers = new Set(texts.flatMap((text) => text.split('\n').slice(0, -1)).flatMap((line) => readNumber(line)));
  await rm(directory, { recursive: true });
  let onDisk = 0;
  for (let n = 1; n <= told; n += 1) if (numbers.has(n)) onDisk += 1;
  return { told, onDisk };
}

function readNumber(line: string): number[] {
  const { n } = JSON.parse(line) as { n?: unknown };
  return typeof n === 'number' ? [n] : [];
}
