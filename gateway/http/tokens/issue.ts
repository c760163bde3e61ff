import { Breakage, describe, refuse } from '../../errors.ts';
import type { Mint } from '../../mint/mint.ts';
import type { Petitioner } from '../../vocabulary/administration.ts';
import type { Confirmation, Grant, Minted } from '../../vocabulary/tokens.ts';
import type { Authorize } from '../admin/authorize.ts';
import { fromRefusal, type OAuthError, oauthError } from './oauth-error.ts';

export interface IssueNeeds {
  readonly authorize: Authorize;
  readonly mint: Mint;
  readonly audience: string;
  readonly newId: () => string;
}

export interface Asked extends Omit<Grant, 'id' | 'maxSeconds'> {
  readonly action: 'tokens.mint' | 'tokens.refresh' | 'tokens.exchange';
  /** Whom the policy is asked about. */
  readonly petitioner: Petitioner;
}

export type Issue = (asked: Asked) => Promise<{ readonly minted: Minted; readonly scopes: readonly string[] } | OAuthError>;

/**
 * Makes the one way to an access token: the policy is asked (`gateway/admin/answer`), its answer is on the record under the token's own id, and only then
 * is the token made. The policy may narrow it with the limits `max_lifetime_seconds` and `scopes`; any other limit is one that nobody would carry out,
 * so there is no token.
 */
export function makeIssue({ authorize, mint, audience, newId }: IssueNeeds): Issue {
  return async function issue({ action, petitioner, ...grant }) {
    const id = newId();
    const { principals, clientId, scopes, cnf } = grant;
    const authorized = await authorize(petitioner, {
      action,
      resource: { type: 'token', id },
      parameters: {
        ...{ client_id: clientId, audience, scopes, actors: principals.slice(1).map((actor) => actor.id) },
        ...(cnf === undefined ? {} : { bound: boundBy(cnf) }),
      },
    });
    if (authorized.kind === 'refusal') return fromRefusal(authorized);
    const narrowed = readLimits(authorized.limits, scopes);
    if (narrowed === undefined) {
      authorized.failed('policy.unknown-obligation');
      return fromRefusal({ ...refuse('policy.unknown-obligation'), decisionId: authorized.decisionId });
    }
    try {
      return { minted: mint({ ...grant, id, ...narrowed }), scopes: narrowed.scopes };
    } catch (error) {
      if (!(error instanceof Breakage)) throw error;
      authorized.failed(error.code, error.message);
      const { status, tell } = describe(error.code);
      return oauthError(status < 500 ? 'access_denied' : 'temporarily_unavailable', tell, {
        status: status < 500 ? 400 : status,
        code: error.code,
        decisionId: authorized.decisionId,
      });
    }
  };
}

function boundBy(cnf: Confirmation): string {
  return cnf.jkt === undefined ? 'certificate' : 'dpop';
}

/** Scopes that were asked for and that the policy leaves; a caller who asked for none gets those that the policy names. */
function readLimits(
  limits: Readonly<Record<string, unknown>>,
  asked: readonly string[],
): { readonly scopes: readonly string[]; readonly maxSeconds?: number } | undefined {
  const { max_lifetime_seconds: seconds, scopes: allowed, ...others } = limits;
  if (Object.keys(others).length > 0) return undefined;
  if (seconds !== undefined && !(typeof seconds === 'number' && seconds >= 1)) return undefined;
  if (allowed !== undefined && !(Array.isArray(allowed) && allowed.every((scope: unknown) => typeof scope === 'string'))) return undefined;
  const left: readonly string[] =
    allowed === undefined ? asked : asked.length === 0 ? allowed : asked.filter((scope) => allowed.includes(scope));
  // A token without scopes may be one without limits: nothing left is nothing at all.
  if (asked.length > 0 && left.length === 0) return undefined;
  return { scopes: left, ...(seconds === undefined ? {} : { maxSeconds: seconds }) };
}
