import type { Refusal } from '../errors.ts';
import type { Route } from './catalogue.ts';
import type { ContentMark } from './content.ts';
import type { Decision, ObligationOutcome } from './decision.ts';
import type { IdentityChain } from './identity.ts';
import type { CredentialLink } from './permit.ts';
import type { Attempt } from './policy-input.ts';
import type { Arrival, Operation } from './request.ts';

/**
 * All that is known of one attempt, as the journal tells it to the record. It has no place for a secret: neither the accepted head with its
 * credentials, nor the armed request, nor a body.
 */
export interface Story {
  readonly arrival: Arrival;
  readonly decisionId: string;
  readonly attempt: Attempt;
  readonly operation?: Operation;
  readonly chain?: IdentityChain;
  readonly request?: {
    readonly stream: boolean;
    readonly sizeBytes: number;
    readonly fingerprint?: string;
    readonly ignoredHeaders: readonly string[];
    readonly model?: string;
  };
  readonly decision?: Decision;
  readonly obligations?: readonly ObligationOutcome[];
  readonly route?: Route;
  readonly credential?: CredentialLink;
  readonly refusal?: Refusal;
  /** What was kept of the caller's body, where the policy wants that. */
  readonly prompt?: ContentMark;
}
