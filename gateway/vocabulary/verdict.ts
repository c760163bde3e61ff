import type { ErrorCode } from '../errors.ts';
import type { Answer } from './decision.ts';

/** What a policy's answer to one attempt comes to, as far as it decides over the request: what two revisions are compared by. */
export type Verdict =
  | {
      readonly allow: boolean;
      /** Reason codes, sorted. */
      readonly codes: readonly string[];
      /** Completed from the catalogue where there is one; absent where nothing is sent. */
      readonly route?: NonNullable<Answer['route']>;
      readonly fallbacks: Answer['fallbacks'];
      readonly obligations: Answer['obligations'];
    }
  /** No answer, or none that can be believed: the request is refused with this code. */
  | { readonly failed: ErrorCode };

/** In what two verdicts differ. */
export type VerdictChange =
  | 'allow-to-deny'
  | 'deny-to-allow'
  | 'allow-to-failure'
  | 'deny-to-failure'
  | 'failure-to-allow'
  | 'failure-to-deny'
  | 'other-failure'
  | 'route'
  | 'obligations'
  | 'reasons';
