import { join } from 'node:path';
import type { Logger } from '../vocabulary/logger.ts';
import type { Checkpoints } from './checkpoints.ts';
import type { FileSystemPort } from './file-system.ts';
import { findEnd } from './heads.ts';
import { followLine, noHash } from './line.ts';
import { emptyTree, growTree } from './merkle.ts';
import { readLines } from './read-lines.ts';
import type { SegmentState } from './segment.ts';
import { isCompressed, pickSegments } from './segment-names.ts';
import { readStatement } from './statement.ts';

export interface CoverNeeds {
  readonly directory: string;
  readonly files: FileSystemPort;
  /** Letters and digits, unique to the process: its own segments are covered as they grow. */
  readonly run: string;
  readonly checkpoints: Pick<Checkpoints, 'held'>;
  readonly logger: Logger;
}

/**
 * Makes checkpoints over what earlier runs, and others that run beside this one, left without: a killed process signs nothing. Oldest first, so that
 * a segment is covered only after what it holds on to.
 */
export async function coverEarlier({ directory, files, run, checkpoints, logger }: CoverNeeds): Promise<void> {
  const names = await files.list(directory);
  const covered = await readCovered(files, directory, pickSegments(names, 'checkpoints'));
  // What lies compressed was covered before it was packed.
  for (const name of pickSegments(names).filter((each) => each.split('-')[2] !== run && !isCompressed(names, each))) {
    const { seq } = await findEnd(files, join(directory, name));
    if (seq === 0 || seq <= (covered.get(name) ?? 0)) continue;
    const state = await readState(files, directory, name, seq);
    if (state === undefined) logger.error('a segment of the decision log does not hold; run: regate log verify', { segment: name });
    else await checkpoints.held(state);
  }
}

/** How many lines of each segment stand under a checkpoint. Whether it is genuine is for verification to say. */
export async function readCovered(
  files: FileSystemPort,
  directory: string,
  names: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const covered = new Map<string, number>();
  for (const name of names) {
    for await (const { lines } of readLines(files, join(directory, name))) {
      for (const line of lines) {
        const { segment, size } = readStatement(line)?.statement ?? {};
        if (segment !== undefined && size !== undefined) covered.set(segment, Math.max(size, covered.get(segment) ?? 0));
      }
    }
  }
  return covered;
}

/** @returns `undefined` where the first `size` lines are not a chain */
export async function readState(files: FileSystemPort, directory: string, name: string, size: number): Promise<SegmentState | undefined> {
  let tree = emptyTree;
  let head = noHash;
  for await (const { lines } of readLines(files, join(directory, name))) {
    const hashes: string[] = [];
    for (const line of lines.slice(0, size - tree.size)) {
      const hash = followLine(line, tree.size + hashes.length + 1, head);
      if (hash === undefined) return undefined;
      hashes.push(hash);
      head = hash;
    }
    tree = growTree(tree, hashes);
    if (tree.size === size) return { segment: name, head, tree };
  }
  return undefined;
}
