import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { LogFields, Logger } from '../../gateway/vocabulary/logger.ts';

/** A clock that stands until it is pushed. */
export function makeFrozenClock(start = Date.UTC(2026, 0, 2, 3, 4, 5)) {
  let passed = 0;
  return {
    now: () => start + passed,
    monotonic: () => passed,
    push(ms: number) {
      passed += ms;
    },
  };
}

/** Keeps what is logged. */
export function makeLogKeeper(): Logger & { readonly lines: { level: string; message: string; fields?: LogFields | undefined }[] } {
  const lines: { level: string; message: string; fields?: LogFields | undefined }[] = [];
  const at = (level: string) => (message: string, fields?: LogFields) => void lines.push({ level, message, fields });
  return { lines, error: at('error'), warn: at('warn'), info: at('info'), debug: at('debug') };
}

/** A directory that goes with the test. */
export function makeDirectory(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'regate-log-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** Resolves when the condition holds, looking once in each turn of the event loop. */
export async function until(holds: () => boolean): Promise<void> {
  for (let turn = 0; turn < 100_000; turn += 1) {
    if (holds()) return;
    await new Promise<void>((resolve) => void setImmediate(resolve));
  }
  throw new Error('the condition did not come true');
}

/** Parses a segment's text. */
export function parseLines(text: string): Record<string, unknown>[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}
