import { type ErrorCode, describe as statusOf } from '../../errors.ts';
import { makeUnknownCallers } from '../../pipeline/record/unknown-callers.ts';
import type { Clock } from '../../vocabulary/clock.ts';
import type { Principal } from '../../vocabulary/identity.ts';
import type { AdministrativeRecord, RecordedLink } from '../../vocabulary/record.ts';
import type { Arrival } from '../../vocabulary/request.ts';
import type { OAuthError } from './oauth-error.ts';

export interface TokenRecordsNeeds {
  readonly log: {
    /** Resolves when the entry is on disk; throws Breakage `record.unavailable` where it is not. */
    append(entry: object): Promise<void>;
    /** Takes an entry that nobody waits for. */
    enqueue(entry: object): void;
  };
  readonly labels: Readonly<Record<string, string>>;
  /** Refusals that get a line of their own, per second. */
  readonly anonymousPerSecond: number;
  readonly newId: () => string;
  readonly clock: Clock;
}

/** Why tokens were taken back. */
export type RevocationReason = 'given-back' | 'code-replay' | 'refresh-reuse' | 'refresh-refused' | 'session-ended';

export interface Revoked {
  readonly why: RevocationReason;
  /** Of the login of one program, where all of it has ended. */
  readonly family?: string;
  /** `jti`s of access tokens that no longer count. */
  readonly tokens: readonly string[];
  readonly person?: Principal;
}

export interface TokenRecords {
  /** Resolves when it is on disk. @throws Breakage `record.unavailable` */
  revoke(revoked: Revoked, arrival: Arrival): Promise<void>;
  /** Does not wait for the disk: nothing was given. @param asked what for, in a word of ours */
  refuse(error: OAuthError, asked: string, arrival: Arrival): void;
  /** Hands over what has only been counted so far. */
  close(): void;
}

/** Makes the records of tokens that are taken back or refused. What is given is recorded where the policy is asked for it. */
export function makeTokenRecords({ log, labels, anonymousPerSecond, newId, clock }: TokenRecordsNeeds): TokenRecords {
  // Anybody can cause such refusals, so they are rationed as those of unknown callers at the data port are.
  const ration = makeUnknownCallers({ clock, labels, perSecond: anonymousPerSecond, write: (summary) => log.enqueue(summary) });

  function describe(action: string, arrival: Arrival): Omit<AdministrativeRecord, 'decision'> {
    return {
      schema: 'regate.decision/1',
      kind: 'administrative',
      decision_id: newId(),
      request_id: arrival.requestId,
      timestamp: new Date(clock.now()).toISOString(),
      labels,
      action,
      requested_by: arrival.peer.address,
    };
  }

  return {
    revoke: ({ why, family, tokens, person }, arrival) =>
      log.append({
        ...describe('tokens.revoke', arrival),
        decision: 'allow',
        resource:
          family === undefined
            ? { type: 'token', ...(tokens[0] === undefined ? {} : { id: tokens[0] }) }
            : { type: 'token-family', id: family },
        parameters: { why, tokens },
        ...(person === undefined ? {} : { identity: { chain: [linkOf(person)] } }),
      } satisfies AdministrativeRecord),
    refuse({ error, code, detail }, asked, arrival) {
      const name: ErrorCode | OAuthError['error'] = code ?? error;
      if (!ration.admit(name)) return;
      log.enqueue({
        ...describe('tokens.refuse', arrival),
        decision: (code === undefined ? 400 : statusOf(code).status) >= 500 ? 'error' : 'deny',
        code: name,
        ...(detail === undefined ? {} : { detail }),
        parameters: { asked },
      } satisfies AdministrativeRecord);
    },
    close: ration.flush,
  };
}

/** Claims and groups are for policy; the record has no mask here that could reach them. */
function linkOf({ claims: _claims, groups: _groups, ...link }: Principal): RecordedLink {
  return link;
}
