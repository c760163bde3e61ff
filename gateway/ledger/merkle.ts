import { hash } from 'node:crypto';

/*
 * The Merkle tree of RFC 9162 section 2.1 over the lines of one segment. An entry of the tree is the 32 bytes of a line's own hash, so a line is
 * hashed once for the chain and the tree costs the same however long lines are. The leading 0x00 and 0x01 keep an inner node from passing for a
 * leaf. Hashes are lower-case hex throughout: Node makes and compares text faster than small buffers.
 */

const leafInput = Buffer.alloc(33, 0x00);
const nodeInput = Buffer.alloc(65, 0x01);

/** @param lineHash of the line, hex */
export function hashLeaf(lineHash: string): string {
  leafInput.write(lineHash, 1, 'hex');
  return hash('sha256', leafInput, 'hex');
}

export function hashNode(left: string, right: string): string {
  nodeInput.write(left, 1, 'hex');
  nodeInput.write(right, 33, 'hex');
  return hash('sha256', nodeInput, 'hex');
}

/** A tree that only grows, as the roots of its whole subtrees: for each bit that is set in `size`, one root, the largest first. */
export interface Tree {
  readonly size: number;
  readonly peaks: readonly string[];
}

export const emptyTree: Tree = { size: 0, peaks: [] };

/** Adds lines, by their hashes. About two SHA-256 of a block or two for each. */
export function growTree({ size, peaks }: Tree, lineHashes: readonly string[]): Tree {
  const grown = [...peaks];
  let count = size;
  for (const lineHash of lineHashes) {
    let node = hashLeaf(lineHash);
    for (let rest = count; rest % 2 === 1; rest = (rest - 1) / 2) {
      const left = grown.pop();
      if (left === undefined) throw new TypeError('the peaks of the tree do not fit its size');
      node = hashNode(left, node);
    }
    grown.push(node);
    count += 1;
  }
  return { size: count, peaks: grown };
}

/** The root (RFC 9162 section 2.1.1); of an empty tree the hash of nothing. */
export function rootOf({ peaks }: Tree): string {
  const last = peaks.at(-1);
  if (last === undefined) return hash('sha256', '', 'hex');
  return peaks.slice(0, -1).reduceRight((right, left) => hashNode(left, right), last);
}

/**
 * The inclusion proof of one line (RFC 9162 section 2.1.3.1): the hashes beside the way from its leaf to the root.
 * @param lineHashes of all lines that the tree holds
 * @param index from 0
 */
export function findPath(lineHashes: readonly string[], index: number): readonly string[] {
  const path: string[] = [];
  let level = lineHashes.map(hashLeaf);
  for (let at = index; level.length > 1; at = Math.floor(at / 2)) {
    const beside = level[at % 2 === 0 ? at + 1 : at - 1];
    if (beside !== undefined) path.push(beside);
    // A node without a neighbour moves up as it is: the RFC's tree splits at the largest power of two, which comes to the same.
    level = pairUp(level);
  }
  return path;
}

function pairUp(level: readonly string[]): string[] {
  const above: string[] = [];
  for (let at = 0; at < level.length; at += 2) {
    const [left = '', right] = [level[at], level[at + 1]];
    above.push(right === undefined ? left : hashNode(left, right));
  }
  return above;
}

/**
 * The root that a proof leads to (RFC 9162 section 2.1.3.2).
 * @returns `undefined` where the path has not the length that a tree of this size has there
 */
export function followPath(lineHash: string, index: number, size: number, path: readonly string[]): string | undefined {
  if (index >= size) return undefined;
  let node = hashLeaf(lineHash);
  let at = index;
  let last = size - 1;
  for (const beside of path) {
    if (last === 0) return undefined;
    if (at % 2 === 1 || at === last) {
      node = hashNode(beside, node);
      while (at % 2 === 0 && at !== 0) {
        at /= 2;
        last = Math.floor(last / 2);
      }
    } else node = hashNode(node, beside);
    at = Math.floor(at / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 ? node : undefined;
}
