import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Scene } from '../story/scene.ts';
import { until } from '../story/until.ts';

const root = join(import.meta.dirname, '../..');
/** A machine that is busy with other suites takes its time. */
const startMs = 60_000;
const cli = join(root, 'gateway/cli/regate.ts');

/** `regate serve` as a process of its own. */
export interface Child {
  readonly port: number;
  readonly doorsUrl: string;
  /** What it logged. */
  readonly lines: readonly string[];
  signal(name: NodeJS.Signals): void;
  /** Resolves when the process has ended. */
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
  isRunning(): boolean;
}

/**
 * Starts the gateway and waits until it serves.
 *
 * @param largestFileKib the largest file that the process may write (RLIMIT_FSIZE), as on a disk that is full
 */
export async function startChild({ configurationPath, environment }: Scene, largestFileKib?: number): Promise<Child> {
  const command = [process.execPath, cli, 'serve', '--config', configurationPath];
  const limited = ['bash', '-c', `ulimit -f ${largestFileKib} && exec "$@"`, 'regate', ...command];
  const [program = '', ...args] = largestFileKib === undefined ? command : limited;
  const child = spawn(program, args, {
    env: { PATH: process.env['PATH'], ...environment },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = once(child, 'exit').then(([code, signal]) => ({ code: code as number | null, signal: signal as NodeJS.Signals | null }));
  const lines = collectLines(child);
  const line = await until(
    'sign that the gateway serves',
    () => {
      if (child.exitCode !== null) throw new Error(`the gateway ended with ${child.exitCode}:\n${lines.join('\n')}`);
      return lines.find((each) => each.includes('the gateway serves'));
    },
    startMs,
  );
  const { url, doors } = JSON.parse(line) as { url: string; doors: string };
  return {
    port: Number(new URL(url).port),
    doorsUrl: doors,
    lines,
    signal: (name) => void child.kill(name),
    ended,
    isRunning: () => child.exitCode === null && child.signalCode === null,
  };
}

function collectLines({ stderr }: ChildProcess): readonly string[] {
  const lines: string[] = [];
  if (stderr !== null) createInterface({ input: stderr }).on('line', (line) => lines.push(line));
  return lines;
}

/** Runs a command of `regate` to its end. */
export async function regate(...args: readonly string[]): Promise<{ readonly code: number | null; readonly out: string }> {
  const child = spawn(process.execPath, [cli, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  let out = '';
  child.stdout.on('data', (chunk) => {
    out += String(chunk);
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, out };
}
