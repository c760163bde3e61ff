import { createHash } from 'node:crypto';
import { basename, dirname } from 'node:path';
import type { BundleFiles } from '../bundle/bundle-files.ts';
import { unpackBundle } from '../bundle/unpack-bundle.ts';
import type { Verification } from '../bundle/verification.ts';
import { requireVerified, type VerifiedBundle } from '../bundle/verify-bundle.ts';
import { Breakage } from '../errors.ts';
import type { PolicyStamp } from '../vocabulary/decision.ts';

/** A bundle's parts that the engine uses. The Rego in it is for people. */
export interface Bundle {
  readonly stamp: PolicyStamp;
  /** Entry points that the manifest promises, as slash paths. */
  readonly entrypoints: readonly string[];
  readonly wasm: Uint8Array;
  readonly data: Readonly<Record<string, unknown>>;
  /** What was signed, where a signature was required. */
  readonly verified?: VerifiedBundle;
}

/**
 * Reads an OPA bundle (tar.gz with `.manifest`, `policy.wasm`, `data.json`).
 * @param path for the bundle's name: `bundles/regate.tar.gz` is `regate`
 * @param verification requires a signature that holds; without it a signature is not looked at. It comes before anything in the bundle is parsed
 * @throws Breakage `policy.unavailable` for anything but one compiled, complete bundle; the message tells the operator what is wrong
 */
export async function readBundle(path: string, bytes: Uint8Array, verification?: Verification): Promise<Bundle> {
  const files = await unpackBundle(bytes);
  const verified = verification === undefined ? undefined : requireVerified(files, verification);
  const manifest = readObject(files, '.manifest');
  if (files.has('patch.json')) fail('it is a delta bundle, which is not supported');
  for (const name of files.keys()) {
    if (/(^|\/)data\.(json|ya?ml)$/.test(name) && name !== 'data.json')
      fail(`data stands in ${name}; build it with opa build, which merges data into one file`);
  }
  const wasm = files.get('policy.wasm') ?? fail('it holds no policy.wasm; build it with -t wasm');
  const revision = manifest['revision'] ?? '';
  if (typeof revision !== 'string') fail('the revision in its manifest is not a string');
  return {
    stamp: { bundle: nameBundle(path), revision, digest: digestOf(bytes) },
    entrypoints: readEntrypoints(manifest['wasm']),
    wasm,
    data: files.has('data.json') ? readObject(files, 'data.json') : {},
    ...(verified !== undefined && { verified }),
  };
}

/** The name that records and metrics bear: the file's, or its folder's where the file is just called `bundle.tar.gz`, as tools call it. */
export function nameBundle(path: string): string {
  const name = basename(path).replace(/\.(tar\.gz|tgz)$/, '');
  return name === 'bundle' ? basename(dirname(path)) || name : name;
}

/** Hex SHA-256. */
export function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function readObject(files: BundleFiles, name: string): Record<string, unknown> {
  const bytes = files.get(name) ?? fail(`it holds no ${name}`);
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new Breakage('policy.unavailable', `the bundle's ${name} is not JSON`, { cause });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return fail(`its ${name} is not an object`);
  return value as Record<string, unknown>;
}

function readEntrypoints(modules: unknown): readonly string[] {
  if (!Array.isArray(modules)) return fail('its manifest names no WebAssembly entry points; build it with -t wasm');
  return modules.map((module: unknown) => {
    const { entrypoint, module: file } = (module ?? {}) as { entrypoint?: unknown; module?: unknown };
    if (typeof entrypoint !== 'string' || file !== '/policy.wasm') return fail('an entry point in its manifest is not in /policy.wasm');
    return entrypoint;
  });
}

function fail(why: string): never {
  throw new Breakage('policy.unavailable', `the bundle cannot be used: ${why}`);
}
