import type { BundleConfiguration, BundleStatus } from '../vocabulary/bundles.ts';
import type { Clock } from '../vocabulary/clock.ts';
import type { PinnedPolicy, PolicyStamp } from '../vocabulary/decision.ts';
import type { Logger } from '../vocabulary/logger.ts';
import type { Admission, Candidate } from './admission.ts';
import type { FeedNeeds } from './feed.ts';
import type { FailureCounts } from './journal.ts';
import type { Source } from './sources/source.ts';
import type { Activation } from './store/state.ts';
import type { Store } from './store/store.ts';

/** Something became of a bundle by itself: nobody asked for it at a door. */
export interface RolloutEvent {
  readonly action: 'bundles.activate' | 'bundles.reject' | 'candidate.activate' | 'candidate.reject' | 'candidate.promote';
  /** Of the combination that is now in force; on a rejection of the one that stays so. */
  readonly stamp: PolicyStamp | undefined;
  readonly bundle?: string;
  readonly detail?: string;
  readonly parameters: Readonly<Record<string, unknown>>;
}

export interface RolloutNeeds<Machine extends Candidate> {
  readonly bundles: readonly BundleConfiguration[];
  readonly makeSource: (bundle: BundleConfiguration) => Source;
  readonly admission: Admission<Machine>;
  /** Absent: nothing is kept over a restart, and there is nothing to roll back to. */
  readonly store?: Store;
  /** How long a bundle may be used that its source does not confirm. Absent: for ever. */
  readonly maxAgeMs?: number;
  readonly note: (event: RolloutEvent) => void;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random?: () => number;
  readonly after?: NonNullable<FeedNeeds['after']>;
}

export interface RolloutStatus {
  /** The bundle that holds the policy. */
  readonly name?: string;
  readonly active_revision?: string;
  /** As stamped on decisions: over all bundles. */
  readonly digest?: string;
  /** An operator holds the gateway to this digest. */
  readonly pinned?: string;
  /** No source has confirmed it for longer than is allowed, so every request is refused. */
  readonly stale?: true;
  readonly bundles: Readonly<Record<string, BundleStatus>>;
  readonly activations: number;
  readonly rejections: number;
  readonly failures: FailureCounts;
}

export interface Rollout<Machine> {
  /** The policy in force, to be pinned by a request for all its evaluations; `undefined` while there is none that may be used. */
  current(): PinnedPolicy | undefined;
  machine(): Machine | undefined;
  /** Takes up what was in force before, looks at all sources, and begins to follow them. Never throws for a bundle's sake. */
  start(): Promise<void>;
  /** Looks at all sources once, and considers what is there. */
  refresh(): Promise<void>;
  /** The combinations that are kept, the newest first. */
  revisions(): readonly Activation[];
  /** Holds the gateway to a kept combination, whatever the sources bring. @returns what is now in force, or why nothing has changed */
  rollBack(named: string): Promise<Activation | { readonly problem: string }>;
  /** Lets the gateway follow its sources again. */
  release(): Promise<void>;
  status(): RolloutStatus;
  stop(): void;
}
