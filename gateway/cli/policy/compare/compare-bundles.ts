import { type BundleFiles, signaturesFile } from '../../../bundle/bundle-files.ts';
import { hashFile, isStructured } from '../../../bundle/hash-file.ts';
import type { Inspection } from '../describe-inspection.ts';
import { compareData, type DataChange } from './compare-data.ts';

/** One side of a comparison. */
export interface Side {
  readonly name: string;
  /** Hex SHA-256 of the bundle's bytes. */
  readonly sha256: string;
  readonly files: BundleFiles;
  readonly inspection: Pick<Inspection, 'manifest' | 'entrypoints' | 'rules'>;
}

export interface Difference {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly string[];
}

/** What two bundles do not agree on. */
export interface Comparison {
  readonly before: { readonly name: string; readonly revision: string; readonly sha256: string };
  readonly after: { readonly name: string; readonly revision: string; readonly sha256: string };
  /** Nothing differs but, perhaps, the revision and the signature. */
  readonly same: boolean;
  readonly entrypoints: Difference;
  readonly roots: Difference;
  readonly rules: Difference;
  readonly data: readonly DataChange[];
  readonly files: Difference;
}

/** Compares two bundles by what they mean: rules as they are written without white space and comments, data path by path; then by their files. */
export function compareBundles(before: Side, after: Side): Comparison {
  const rules = compareMaps(rulesOf(before), rulesOf(after));
  const data = compareData(dataOf(before), dataOf(after));
  const files = compareMaps(hashesOf(before), hashesOf(after));
  const entrypoints = compareMaps(
    namesOf(before.inspection.entrypoints.map(({ path }) => path)),
    namesOf(after.inspection.entrypoints.map(({ path }) => path)),
  );
  const roots = compareMaps(namesOf(before.inspection.manifest.roots ?? ['']), namesOf(after.inspection.manifest.roots ?? ['']));
  const same = data.length === 0 && [rules, files, entrypoints, roots].every(isEmpty);
  return { before: summarise(before), after: summarise(after), same, entrypoints, roots, rules, data, files };
}

export function isEmpty({ added, removed, changed }: Difference): boolean {
  return added.length + removed.length + changed.length === 0;
}

function summarise({ name, sha256, inspection }: Side): Comparison['before'] {
  return { name, revision: inspection.manifest.revision ?? '', sha256 };
}

function compareMaps(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): Difference {
  return {
    added: [...after.keys()].filter((name) => !before.has(name)).sort(),
    removed: [...before.keys()].filter((name) => !after.has(name)).sort(),
    changed: [...after]
      .filter(([name, content]) => before.has(name) && before.get(name) !== content)
      .map(([name]) => name)
      .sort(),
  };
}

function namesOf(names: readonly string[]): ReadonlyMap<string, string> {
  return new Map(names.map((name) => [name, '']));
}

/** A rule may be defined in several files of a package. */
function rulesOf({ inspection }: Side): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const { path, file, digest } of inspection.rules) found.set(path, `${found.get(path) ?? ''}${file} ${digest}\n`);
  return found;
}

/** The signature covers the files and is none of them; the manifest is told by its parts. */
function hashesOf({ files }: Side): ReadonlyMap<string, string> {
  const counted = [...files].filter(([name]) => name !== signaturesFile && name !== '.manifest');
  return new Map(counted.map(([name, content]) => [name, hashFile(isStructured(name) ? 'data.json' : name, content, 'SHA-256')]));
}

function dataOf({ files }: Side): unknown {
  const text = files.get('data.json');
  return text === undefined ? {} : JSON.parse(Buffer.from(text).toString('utf8'));
}
