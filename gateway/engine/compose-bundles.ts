import { createHash } from 'node:crypto';
import { BundleBreakage } from '../errors.ts';
import type { PolicyStamp } from '../vocabulary/decision.ts';
import type { Bundle, BundlePart } from './read-bundle.ts';
import { findOverlap, findUncovered, isCovered, mergeData } from './roots.ts';

/**
 * Makes one policy of several bundles: one brings the module, any bring data, each under roots of its own.
 * @param allowed by name, the roots that the configuration grants
 * @throws BundleBreakage `roots` where a bundle holds or claims what is not its own, `admission` where not exactly one brings a policy
 */
export function composeBundles(parts: readonly BundlePart[], allowed: ReadonlyMap<string, readonly string[]> = new Map()): Bundle {
  for (const part of parts) checkRoots(part, allowed.get(part.name));
  for (const [index, part] of parts.entries()) {
    for (const other of parts.slice(index + 1)) {
      const overlap = findOverlap(part.roots, other.roots);
      if (overlap === undefined) continue;
      const [left, right] = overlap.map(show);
      throw new BundleBreakage(
        'roots',
        `the bundles ${part.name} and ${other.name} cannot be used together: their roots ${left} and ${right} overlap; name the roots of each in its .manifest`,
      );
    }
  }
  const withModule = parts.filter(({ wasm }) => wasm !== undefined);
  const [policy] = withModule;
  if (policy?.wasm === undefined) {
    throw new BundleBreakage('admission', 'the bundle cannot be used: it holds no policy.wasm; build it with -t wasm');
  }
  if (withModule.length > 1) {
    const names = withModule.map(({ name }) => name).join(' and ');
    throw new BundleBreakage('admission', `the bundles cannot be used together: ${names} hold a policy.wasm each; exactly one may`);
  }
  return {
    stamp: stampOf(policy, parts),
    entrypoints: policy.entrypoints,
    wasm: policy.wasm,
    data: parts.map(({ data }) => data).reduce(mergeData),
  };
}

function checkRoots({ name, roots, data, entrypoints }: BundlePart, allowed: readonly string[] | undefined): void {
  const fail = (why: string): never => {
    throw new BundleBreakage('roots', `the bundle cannot be used: ${why}`, { bundle: name });
  };
  const stray = allowed === undefined ? undefined : roots.find((root) => !isCovered(root, allowed));
  if (stray !== undefined) fail(`it claims ${show(stray)}, which is not among the roots that the configuration grants it`);
  const uncovered = findUncovered(data, roots);
  if (uncovered !== undefined) fail(`it holds data.${uncovered.replaceAll('/', '.')}, which is not under the roots in its manifest`);
  const outside = entrypoints.find((entrypoint) => !isCovered(entrypoint, roots));
  if (outside !== undefined) fail(`its entry point ${outside} is not under the roots in its manifest`);
}

function stampOf(policy: BundlePart, parts: readonly BundlePart[]): PolicyStamp {
  const { name: bundle, revision, digest } = policy;
  if (parts.length === 1) return { bundle, revision, digest };
  const sorted = [...parts].sort((a, b) => (a.name < b.name ? -1 : 1));
  const lines = sorted.map((part) => `${part.digest}  ${part.name}\n`).join('');
  return {
    bundle,
    revision,
    digest: createHash('sha256').update(lines).digest('hex'),
    bundles: Object.fromEntries(sorted.map((part) => [part.name, { revision: part.revision, digest: part.digest }])),
  };
}

function show(root: string): string {
  return root === '' ? 'all of data' : `data.${root.replaceAll('/', '.')}`;
}
