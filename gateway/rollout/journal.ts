import type { BundleFailureKind } from '../vocabulary/bundles.ts';
import type { Logger } from '../vocabulary/logger.ts';
import type { Failure } from './feed.ts';

/** Bundle → kind → how often it has begun. */
export type FailureCounts = Readonly<Record<string, Readonly<Partial<Record<BundleFailureKind, number>>>>>;

export interface FailureJournal {
  /**
   * Takes note of how a bundle fares. The same failure is told once, however often it is met again, and so is its end.
   * @returns whether it is a new failure
   */
  note(bundle: string, failure: Failure | undefined, activeRevision: string | undefined): boolean;
  /** How often each kind has begun, by bundle. */
  counts(): FailureCounts;
}

/** Keeps operators informed, and their log short. */
export function makeFailureJournal(logger: Logger): FailureJournal {
  const current = new Map<string, string>();
  const counts = new Map<string, Partial<Record<BundleFailureKind, number>>>();

  return {
    note(bundle, failure, activeRevision) {
      const known = current.get(bundle);
      if (failure === undefined) {
        if (known !== undefined) logger.info('A policy bundle is in order again', { bundle });
        current.delete(bundle);
        return false;
      }
      const { kind, message, cause } = failure;
      if (known === `${kind} ${message}`) return false;
      current.set(bundle, `${kind} ${message}`);
      const ofBundle = counts.get(bundle) ?? {};
      counts.set(bundle, { ...ofBundle, [kind]: (ofBundle[kind] ?? 0) + 1 });
      logger.error(
        activeRevision === undefined
          ? 'The policy bundle is not usable and there is no earlier revision: every request is refused'
          : 'The policy bundle is not usable: the earlier revision stays active',
        { bundle, kind, message, active_revision: activeRevision, cause },
      );
      return true;
    },
    counts: () => Object.fromEntries(counts),
  };
}
