import { basename, dirname } from 'node:path';
import type { BundleConfiguration, BundleSourceConfiguration } from '../vocabulary/bundles.ts';
import type { PolicyConfiguration } from '../vocabulary/configuration.ts';
import type { BundleStoreFile, BundlesFile, StatusFile } from './bundles-schema.ts';
import { convertHttpAccess } from './http-access.ts';
import type { Report } from './problem.ts';
import { checkHttpAccess } from './unsafe-http-access.ts';
import { checkVerification, convertVerification } from './verification.ts';

type Resolve = (path: string) => string;
type Entry = BundlesFile[number];

/** Reads the long form, or the short one: a single file that is looked at every so many seconds. */
export function convertBundles(
  { bundle, bundles, poll_seconds: seconds }: { bundle?: string | undefined; bundles?: BundlesFile | undefined; poll_seconds: number },
  resolve: Resolve,
): readonly BundleConfiguration[] {
  if (bundles !== undefined) return bundles.map((entry) => convertEntry(entry, resolve));
  if (bundle === undefined) throw new TypeError('a policy without bundle or bundles has passed the schema');
  const path = resolve(bundle);
  return [{ name: nameAfter(path), source: { kind: 'file', path }, poll: { minSeconds: seconds, maxSeconds: seconds } }];
}

export function convertBundleStore(store: BundleStoreFile, resolve: Resolve): NonNullable<PolicyConfiguration['store']> {
  const { directory, keep, max_age_seconds: age } = store;
  return { directory: resolve(directory), keep, ...(age === 'unlimited' ? {} : { maxAgeSeconds: age }) };
}

export function convertStatus(
  { url, every_seconds: everySeconds, ...access }: StatusFile,
  resolve: Resolve,
): NonNullable<PolicyConfiguration['status']> {
  return { url, everySeconds, access: convertHttpAccess(access, resolve) };
}

/** Says what contradicts itself. */
export function checkBundles({ bundles, status, candidate, verification: ofAll }: PolicyConfiguration, report: Report): void {
  if (candidate !== undefined && ofAll === undefined && bundles.some(({ verification }) => verification !== undefined)) {
    report(['policy', 'candidate'], 'a candidate would need no signature, though bundles do; set policy.verification, which holds for it');
  }
  if (status !== undefined) checkHttpAccess({ url: status.url }, status.access, ['policy', 'status'], report);
  const names = new Set<string>();
  for (const [index, { name, source, verification }] of bundles.entries()) {
    if (names.has(name)) report(['policy', 'bundles', index, 'name'], 'two bundles have this name');
    names.add(name);
    checkVerification(verification, report, ['policy', 'bundles', index, 'verification']);
    const at = ['policy', 'bundles', index, 'source'];
    if (source.kind === 'http') checkHttpAccess({ url: source.url }, source.access, [...at, 'http'], report);
    if (source.kind === 'oci') {
      checkHttpAccess({ reference: registryUrl(source) }, source.access, [...at, 'oci'], report);
      const scheme = source.access.authorization?.scheme ?? 'basic';
      if (scheme !== 'basic' && scheme !== 'bearer') report([...at, 'oci', 'authorization'], 'registries take basic or bearer');
    }
  }
}

/** Registries are reached over https; over http only where that is allowed, or on this machine. */
export function registryUrl({
  registry,
  access,
}: {
  readonly registry: string;
  readonly access: { readonly insecureHttp: boolean };
}): string {
  return `${access.insecureHttp ? 'http' : 'https'}://${registry}`;
}

function convertEntry({ name, source, roots, verification, poll }: Entry, resolve: Resolve): BundleConfiguration {
  const converted = convertSource(source, resolve);
  return {
    name,
    source: converted,
    ...(roots === undefined ? {} : { roots }),
    ...(verification === undefined ? {} : { verification: convertVerification(verification, resolve) }),
    poll: poll === undefined ? defaultPoll(converted) : { minSeconds: poll.min_seconds, maxSeconds: poll.max_seconds },
  };
}

function convertSource(source: Entry['source'], resolve: Resolve): BundleSourceConfiguration {
  if ('file' in source) return { kind: 'file', path: resolve(source.file) };
  if ('pushed' in source) return { kind: 'file', path: resolve(source.pushed), pushed: true };
  if ('directory' in source) return { kind: 'directory', path: resolve(source.directory) };
  if ('http' in source) {
    const { url, long_poll_seconds: longPollSeconds, ...access } = source.http;
    return { kind: 'http', url, longPollSeconds, access: convertHttpAccess(access, resolve) };
  }
  const { reference, ...access } = source.oci;
  return { kind: 'oci', ...splitReference(reference), access: convertHttpAccess(access, resolve) };
}

/** `registry.example.com/team/policy:v1` or `…@sha256:…`. */
function splitReference(text: string): { readonly registry: string; readonly repository: string; readonly reference: string } {
  const slash = text.indexOf('/');
  const registry = text.slice(0, slash);
  const rest = text.slice(slash + 1);
  const at = rest.includes('@') ? rest.indexOf('@') : rest.lastIndexOf(':');
  return { registry, repository: rest.slice(0, at), reference: rest.slice(at + 1) };
}

function defaultPoll({ kind }: BundleSourceConfiguration): BundleConfiguration['poll'] {
  return kind === 'file' || kind === 'directory' ? { minSeconds: 2, maxSeconds: 2 } : { minSeconds: 60, maxSeconds: 120 };
}

/** The name that records and metrics bear: the file's, or its folder's where the file is just called `bundle.tar.gz`, as tools call it. */
function nameAfter(path: string): string {
  const name = basename(path).replace(/\.(tar\.gz|tgz)$/, '');
  return name === 'bundle' ? basename(dirname(path)) || name : name;
}
