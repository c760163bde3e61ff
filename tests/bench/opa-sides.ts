import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { catalogueData } from '../../gateway/engine/catalogue-data.ts';
import type { Catalogue } from '../../gateway/vocabulary/catalogue.ts';
import type { PolicyInput } from '../../gateway/vocabulary/policy-input.ts';
import { buildOpa } from './opa-build.ts';
import { startOpaLibrary } from './opa-library.ts';
import { startOpaServer } from './opa-server.ts';

/** What came of asking the same thing several times. */
export interface Asked {
  /** Microseconds of each. */
  readonly times: readonly number[];
  /** The rule's value, as the contract's answer is read from it. */
  readonly value: unknown;
  /** How often the value was another than the first. */
  readonly differing: number;
}

/** A process with OPA in it that has the policies loaded. */
export interface OpaSide {
  /** Asks for `data.gateway.decision.answer`, one time after another. */
  ask(input: PolicyInput, count: number): Promise<Asked>;
  stop(): Promise<void>;
}

/** What OPA reads, for both sides the same. */
export interface OpaSources {
  readonly paths: readonly string[];
  /** Names in the directories that are not policies: OPA's `--ignore`. */
  readonly ignored: readonly string[];
}

export type OpaName = 'opa server' | 'opa library';

export const opaNames: readonly OpaName[] = ['opa server', 'opa library'];

/**
 * OPA over the sources of the default policies: `opa run --server`, and its Go library.
 * @param folder takes the catalogue's document
 * @returns why there are none, where Go or OPA's module cannot be had
 */
export async function openOpa(
  catalogue: Catalogue,
  folder: string,
): Promise<{ readonly sides: ReadonlyMap<OpaName, OpaSide> } | { readonly missing: string }> {
  const programs = buildOpa();
  if ('missing' in programs) return programs;
  const document = join(folder, 'catalogue.json');
  await writeFile(document, JSON.stringify({ regate: { backends: catalogueData(catalogue) } }));
  const sources = { paths: [join(import.meta.dirname, '..', '..', 'policies'), document], ignored: ['schemas', '*_test.rego', '.*'] };
  const server = await startOpaServer(programs.server, sources);
  return {
    sides: new Map<OpaName, OpaSide>([
      ['opa server', server],
      ['opa library', startOpaLibrary(programs.library, sources)],
    ]),
  };
}
