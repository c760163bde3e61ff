import { createHash } from 'node:crypto';
import { basename, dirname } from 'node:path';
import type { BundleFiles } from '../bundle/bundle-files.ts';
import { unpackBundle } from '../bundle/unpack-bundle.ts';
import type { Verification } from '../bundle/verification.ts';
import { requireVerified, type VerifiedBundle } from '../bundle/verify-bundle.ts';
import { Breakage, BundleBreakage } from '../errors.ts';
import type { PolicyStamp } from '../vocabulary/decision.ts';
import { composeBundles } from './compose-bundles.ts';

/** A policy as the engine runs it, of one bundle or of several. */
export interface Bundle {
  readonly stamp: PolicyStamp;
  /** Entry points that the manifest promises, as slash paths. */
  readonly entrypoints: readonly string[];
  readonly wasm: Uint8Array;
  readonly data: Readonly<Record<string, unknown>>;
}

/** What one bundle brings. The Rego in it is for people. */
export interface BundlePart extends Pick<Bundle, 'entrypoints' | 'data'> {
  readonly name: string;
  readonly revision: string;
  /** Hex SHA-256 of its bytes. */
  readonly digest: string;
  /** The parts of `data` that it owns, without slashes at the ends; `['']` is all of it. */
  readonly roots: readonly string[];
  /** Absent in a bundle that brings data only. */
  readonly wasm?: Uint8Array;
  /** What was signed, where a signature was required. */
  readonly verified?: VerifiedBundle;
}

/**
 * Reads an OPA bundle (tar.gz with `.manifest`, `policy.wasm`, `data.json`) that brings a whole policy.
 * @param path for the bundle's name: `bundles/regate.tar.gz` is `regate`
 * @param verification requires a signature that holds; without it a signature is not looked at. It comes before anything in the bundle is parsed
 * @throws Breakage `policy.unavailable` for anything but one compiled, complete bundle; the message tells the operator what is wrong
 */
export async function readBundle(path: string, bytes: Uint8Array, verification?: Verification): Promise<Bundle> {
  return composeBundles([await readPart(nameBundle(path), bytes, verification)]);
}

/**
 * Reads one bundle. It may bring a policy, data, or both.
 * @param verification as in {@link readBundle}
 * @param compiled what the toolchain made of it, where it brought only Rego
 * @throws Breakage `policy.unavailable`; a BundleBreakage `signature` where it is not verified
 */
export async function readPart(name: string, bytes: Uint8Array, verification?: Verification, compiled?: Uint8Array): Promise<BundlePart> {
  const came = await unpackBundle(bytes);
  const verified = verification === undefined ? undefined : verify(name, came, verification);
  const files = compiled === undefined ? came : await unpackBundle(compiled);
  const manifest = readObject(files, '.manifest');
  if (files.has('patch.json')) fail('it is a delta bundle, which is not supported');
  for (const file of files.keys()) {
    if (/(^|\/)data\.(json|ya?ml)$/.test(file) && file !== 'data.json')
      fail(`data stands in ${file}; build it with opa build, which merges data into one file`);
  }
  const wasm = files.get('policy.wasm');
  // Rules that nobody compiled would be left out in silence, and one of them may be the one that denies.
  if (wasm === undefined && [...files.keys()].some((file) => file.endsWith('.rego')))
    fail(
      'it holds Rego and no policy.wasm, and the gateway does not compile; build it with regate policy build or opa build -t wasm, or set policy.compile',
    );
  const revision = manifest['revision'] ?? '';
  if (typeof revision !== 'string') fail('the revision in its manifest is not a string');
  const entrypoints = wasm === undefined && manifest['wasm'] === undefined ? [] : readEntrypoints(manifest['wasm']);
  if (wasm === undefined && entrypoints.length > 0) fail('it holds no policy.wasm; build it with -t wasm');
  return {
    name,
    revision,
    digest: digestOf(bytes),
    roots: readRoots(manifest['roots']),
    entrypoints,
    ...(wasm === undefined ? {} : { wasm }),
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

function verify(name: string, files: BundleFiles, verification: Verification): VerifiedBundle {
  try {
    return requireVerified(files, verification);
  } catch (cause) {
    if (!(cause instanceof Breakage)) throw cause;
    throw new BundleBreakage('signature', cause.message, { bundle: name, cause });
  }
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

/** Without a list a bundle owns all of `data`, as in OPA. */
function readRoots(roots: unknown): readonly string[] {
  if (roots === undefined || roots === null) return [''];
  if (!Array.isArray(roots) || !roots.every((root) => typeof root === 'string'))
    return fail('the roots in its manifest are not a list of paths');
  return roots.map((root: string) => root.replace(/^\/+|\/+$/g, ''));
}

function fail(why: string): never {
  throw new Breakage('policy.unavailable', `the bundle cannot be used: ${why}`);
}
