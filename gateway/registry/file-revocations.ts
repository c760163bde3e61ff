import { existsSync, readFileSync } from 'node:fs';
import { Breakage } from '../errors.ts';
import { editFile } from '../files/edit-file.ts';
import { makeFreshFile } from '../files/fresh-file.ts';
import type { Clock } from '../vocabulary/clock.ts';
import type { Logger } from '../vocabulary/logger.ts';
import { formatRevocations, parseRevocations, placeOf, type Revocation, type RevocationList, type RevocationStore } from './revocation.ts';

export interface FileRevocationsNeeds {
  readonly path: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Revocations in a file, for one node: written whole, so they survive a restart; read again when it changes, so a second process on the machine
 * follows within a second. A file that cannot be believed leaves the last good list in force; where there has never been one although the file is
 * there, nobody can say what is revoked, and `has` says so.
 */
export function makeFileRevocations({ path, clock, logger }: FileRevocationsNeeds): RevocationStore & RevocationList {
  const file = makeFreshFile({ path, what: 'The file of revocations', parse: readPlaces, clock, logger });
  const readAll = (): readonly Revocation[] => (existsSync(path) ? parseRevocations(readFileSync(path, 'utf8')) : []);

  async function change(edit: (revocations: readonly Revocation[]) => readonly Revocation[]): Promise<void> {
    await editFile(path, (text) => {
      const now = clock.now();
      const kept = (text === undefined ? [] : parseRevocations(text)).filter(({ until }) => until === undefined || Date.parse(until) > now);
      return formatRevocations(edit(kept));
    });
    file.refresh();
  }

  /** No file: nothing was ever revoked. A file that was never good: nobody knows. */
  function current(): ReadonlySet<string> | undefined {
    return file.current() ?? (existsSync(path) ? undefined : none);
  }

  return {
    all: async () => readAll(),
    add: (revocation) => change((before) => [...before.filter((each) => !isSame(each, revocation)), revocation]),
    async lift(kind, id) {
      await change((before) => {
        const left = before.filter((each) => !isSame(each, { kind, id }));
        if (left.length === before.length) throw new Breakage('admin.not-found', 'Nothing of this kind and id is revoked.');
        return left;
      });
    },
    has: (kind, id) => current()?.has(placeOf(kind, id)),
    isEmpty: () => current()?.size === 0,
  };
}

const none: ReadonlySet<string> = new Set();

function readPlaces(text: string): ReadonlySet<string> {
  return new Set(parseRevocations(text).map(({ kind, id }) => placeOf(kind, id)));
}

function isSame(one: Pick<Revocation, 'kind' | 'id'>, other: Pick<Revocation, 'kind' | 'id'>): boolean {
  return one.kind === other.kind && one.id === other.id;
}
