import { type ErrorCode, describe as statusOf } from '../../errors.ts';
import { makeUnknownCallers } from '../../pipeline/record/unknown-callers.ts';
import type { Clock } from '../../vocabulary/clock.ts';
import type { Principal } from '../../vocabulary/identity.ts';
import type { Logger } from '../../vocabulary/logger.ts';
import type { AdministrativeRecord } from '../../vocabulary/record.ts';
import type { Arrival } from '../../vocabulary/request.ts';
import type { Session, SessionEnd } from '../../vocabulary/session.ts';

export interface SessionRecordsNeeds {
  readonly log: {
    /** Resolves when the entry is on disk; throws Breakage `record.unavailable` where it is not. */
    append(entry: object): Promise<void>;
    /** Takes an entry that nobody waits for. */
    enqueue(entry: object): void;
  };
  readonly labels: Readonly<Record<string, string>>;
  /** Refused logins that get a line of their own, per second. */
  readonly anonymousPerSecond: number;
  readonly newId: () => string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Why a login, or a logout that a provider asked for, was refused. */
export interface RefusedLogin {
  readonly code: ErrorCode;
  /** For operators; no input, no token. */
  readonly detail?: string;
  /** Alias of the provider. */
  readonly provider?: string;
  /** Whom the provider named, where that much was proved. */
  readonly person?: Principal;
}

export interface SessionRecords {
  /** Resolves when it is on disk: before it no cookie is given. @throws Breakage `record.unavailable` */
  begin(session: Session, arrival: Arrival): Promise<void>;
  /** Says that a session which is on the record could not be kept after all. */
  beginFailed(session: Session, arrival: Arrival, code: ErrorCode): void;
  /** Resolves when it is on disk. @throws Breakage `record.unavailable` */
  end(session: Session, why: SessionEnd, arrival: Arrival): Promise<void>;
  /** Does not wait for the disk: nothing was given. */
  refuse(refused: RefusedLogin, arrival: Arrival): void;
  /** Hands over what has only been counted so far. */
  close(): void;
}

/** Makes the records of logins and logouts: administrative records `sessions.begin`, `sessions.end`, `sessions.refuse`. */
export function makeSessionRecords(needs: SessionRecordsNeeds): SessionRecords {
  const { log, labels, anonymousPerSecond, newId, clock, logger } = needs;
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

  function describeBegin(session: Session, arrival: Arrival): AdministrativeRecord {
    return { ...describe('sessions.begin', arrival), decision: 'allow', ...describeSession(session) };
  }

  return {
    async begin(session, arrival) {
      await log.append(describeBegin(session, arrival));
      logger.info('a person has logged in', { session: session.id, person: session.person.id, method: session.person.method });
    },
    beginFailed(session, arrival, code) {
      log.enqueue({ ...describeBegin(session, arrival), decision: 'error', code });
    },
    async end(session, why, arrival) {
      const described = describeSession(session);
      await log.append({
        ...describe('sessions.end', arrival),
        decision: 'allow',
        ...described,
        parameters: { ...described.parameters, why },
      });
      logger.info('a session has ended', { session: session.id, person: session.person.id, why });
    },
    refuse({ code, detail, provider, person }, arrival) {
      logger.warn('a login was refused', { code, request_id: arrival.requestId, ...(provider && { provider }), ...(detail && { detail }) });
      if (!ration.admit(code)) return;
      log.enqueue({
        ...describe('sessions.refuse', arrival),
        decision: statusOf(code).status >= 500 ? 'error' : 'deny',
        code,
        ...(detail === undefined ? {} : { detail }),
        ...(provider === undefined ? {} : { parameters: { provider } }),
        ...(person === undefined ? {} : { identity: { chain: [linkOf(person)] } }),
      } satisfies AdministrativeRecord);
    },
    close: ration.flush,
  };
}

function describeSession({
  id,
  person,
  provider,
  amr,
  begunAt,
  endsAt,
}: Session): Pick<AdministrativeRecord, 'resource' | 'identity' | 'parameters'> {
  return {
    resource: { type: 'session', id },
    identity: { chain: [linkOf(person)] },
    parameters: {
      provider: provider.alias,
      method: person.method,
      begun_at: new Date(begunAt).toISOString(),
      ends_at: new Date(endsAt).toISOString(),
      ...(amr.length === 0 ? {} : { amr }),
    },
  };
}

/** Claims and groups are for policy; the record has no mask here that could reach them. */
function linkOf({ claims: _claims, groups: _groups, ...link }: Principal) {
  return link;
}
