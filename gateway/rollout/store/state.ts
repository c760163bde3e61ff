import { isObject } from '../../json/is-object.ts';
import { jsonProblem } from '../../json/scan.ts';

/** A bundle as it took part in an activation. */
export interface KeptBundle {
  readonly name: string;
  readonly revision: string;
  /** Hex SHA-256 of its bytes, and the name of the file that holds them. */
  readonly digest: string;
  /** What its source was last asked with. */
  readonly validator?: string;
}

/** A combination of bundles that has been in force. */
export interface Activation {
  /** As stamped on decisions: over all bundles. */
  readonly digest: string;
  /** Of the bundle that holds the policy. */
  readonly revision: string;
  /** RFC 3339: when it was last activated. */
  readonly at: string;
  readonly bundles: readonly KeptBundle[];
}

export interface State {
  readonly schema: 'regate.bundles/1';
  /** The newest first. */
  readonly activations: readonly Activation[];
  /** Bundle → RFC 3339: when its source last said that the newest of them is what it has. */
  readonly confirmed: Readonly<Record<string, string>>;
}

export const emptyState: State = { schema: 'regate.bundles/1', activations: [], confirmed: {} };

/** Reads what was written; `undefined` where it is anything else. */
export function parseState(bytes: Buffer): State | undefined {
  if (jsonProblem(bytes) !== undefined) return undefined;
  const value: unknown = JSON.parse(bytes.toString());
  if (!isObject(value) || value['schema'] !== 'regate.bundles/1') return undefined;
  const { activations, confirmed } = value;
  const good =
    Array.isArray(activations) && activations.every(isActivation) && isObject(confirmed) && Object.values(confirmed).every(isTime);
  return good ? (value as unknown as State) : undefined;
}

function isActivation(value: unknown): boolean {
  if (!isObject(value) || !isDigest(value['digest']) || typeof value['revision'] !== 'string' || !isTime(value['at'])) return false;
  const { bundles } = value;
  return Array.isArray(bundles) && bundles.length > 0 && bundles.every(isKeptBundle);
}

function isKeptBundle(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { name, revision, digest, validator } = value;
  return (
    typeof name === 'string' &&
    typeof revision === 'string' &&
    isDigest(digest) &&
    (validator === undefined || typeof validator === 'string')
  );
}

/** It names a file, so it is nothing but hexadecimal digits. */
export function isDigest(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
}

function isTime(value: unknown): boolean {
  return typeof value === 'string' && !Number.isNaN(Date.parse(value));
}
