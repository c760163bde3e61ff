import type { BundleConfiguration } from './bundles.ts';
import type { VerdictChange } from './verdict.ts';

/** A policy on trial beside the one in force. */
export interface CandidateConfiguration {
  readonly bundles: readonly BundleConfiguration[];
  /** `shadow`: it decides nothing. `canary`: it decides for some. Either way it is asked about what the policy in force decides. */
  readonly mode: 'shadow' | 'canary';
  readonly canary: {
    /** Percent of originators. */
    readonly share: number;
    /** Ids of originators who always get it. */
    readonly identities: readonly string[];
    /** Groups whose members always get it. */
    readonly groups: readonly string[];
    /** What becomes of a request that the candidate cannot decide: refused, or decided by the policy in force. */
    readonly onFailure: 'refuse' | 'active';
  };
  /** Decisions that wait to be compared; more are counted and left out. */
  readonly queue: number;
  /** Differences that are meant. */
  readonly approved: readonly ApprovedDifference[];
  /** Comparisons without an unapproved difference after which it is promoted by itself. Absent: by command only. */
  readonly promoteAfter?: number;
}

export interface ApprovedDifference {
  readonly change: VerdictChange;
  /** A code that comes or goes with it. Absent: whatever the reason. */
  readonly reason?: string;
}

/** How the trial goes. */
export interface CandidateStatus {
  readonly mode: 'shadow' | 'canary';
  readonly revision?: string;
  readonly digest?: string;
  /** Why there is no candidate, or not the newest. */
  readonly message?: string;
  /** Since this candidate met this policy in force. */
  readonly compared: number;
  readonly different: number;
  /** Of them, those that nobody has approved. */
  readonly unapproved: number;
  readonly by_change: Readonly<Partial<Record<VerdictChange, number>>>;
  /** Decisions that were not compared, because too many waited or the candidate's thread was away. */
  readonly dropped: number;
  /** Evaluations of the candidate that failed. */
  readonly failed: number;
  /** Requests that the candidate has decided. */
  readonly decided: number;
  readonly promote_after?: number;
  readonly promotion?: 'done' | 'failed';
  readonly promotion_problem?: string;
}
