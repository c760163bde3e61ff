import { isIP } from 'node:net';
import type { AdministrativeRecord, ComparisonRecord, DecidedRecord, DecisionLogEntry, DeliveredRecord } from '../../vocabulary/record.ts';
import { known } from '../known.ts';
import type { SinkLine } from '../sender.ts';
import { whoOf } from '../who.ts';

/** The version of the Elastic Common Schema whose names are used. */
export const ecsVersion = '8.17.0';

/** Writes an entry by the names of the Elastic Common Schema. What it has no name for stands under `regate`. */
export function writeEcs(entry: DecisionLogEntry, { segment, number }: Pick<SinkLine, 'segment' | 'number'>): object {
  const shared = {
    '@timestamp': entry.timestamp,
    ecs: { version: ecsVersion },
    service: { name: 'regate', type: 'regate' },
    labels: Object.fromEntries(Object.entries(entry.labels).map(([name, value]) => [name.replaceAll('.', '_'), value])),
  };
  const log = { segment, line: number };
  switch (entry.kind) {
    case 'decided':
      return known({ ...shared, ...writeDecided(entry, log) });
    case 'administrative':
      return known({ ...shared, ...writeAdministrative(entry, log) });
    case 'delivered':
      return known({ ...shared, ...writeDelivered(entry, log) });
    case 'compared':
      return { ...shared, ...writeComparison(entry, log) };
    case 'refused-summary':
      return {
        ...shared,
        event: {
          ...constant,
          kind: 'metric',
          category: ['api'],
          type: ['denied'],
          action: 'refused-summary',
          outcome: 'failure',
          start: entry.since,
        },
        regate: { kind: entry.kind, counts: entry.counts, log },
      };
  }
}

type Log = { readonly segment: string; readonly line: number };

const constant = { module: 'regate', dataset: 'regate.decision' } as const;

function writeDecided(entry: DecidedRecord, log: Log): object {
  const {
    decision_id,
    request_id,
    attempt,
    decision,
    code,
    detail,
    request,
    policy,
    model,
    route,
    identity,
    requested_by,
    trace_id,
    span_id,
  } = entry;
  const { kind, input, result, erased, masked } = entry;
  return {
    event: known({
      ...{ ...constant, kind: 'event', category: ['api'], type: ['access', decision === 'allow' ? 'allowed' : 'denied'] },
      ...{ id: `${decision_id}:decided`, action: request.operation ?? 'unknown', outcome: decision === 'allow' ? 'success' : 'failure' },
      ...{ reason: reasonOf(policy) },
    }),
    ...writeWho(entry, requested_by),
    error: decision === 'error' ? known({ code, message: detail }) : undefined,
    http: { request: known({ id: request_id, method: request.method, bytes: request.size_bytes }) },
    url: { path: request.path },
    trace: trace_id && { id: trace_id },
    span: span_id && { id: span_id },
    rule: writeRule(policy),
    regate: known({ kind, decision_id, attempt, decision, code, identity, policy, model, route, input, result, erased, masked, log }),
  };
}

function writeAdministrative(entry: AdministrativeRecord, log: Log): object {
  const { decision_id, request_id, decision, code, detail, action, resource, parameters, identity, policy, context, requested_by, kind } =
    entry;
  return {
    event: known({
      ...{ ...constant, kind: 'event', category: ['api'], type: ['admin', decision === 'allow' ? 'allowed' : 'denied'] },
      ...{ id: `${decision_id}:administrative`, action, outcome: decision === 'allow' ? 'success' : 'failure', reason: reasonOf(policy) },
    }),
    ...writeWho(entry, requested_by),
    error: decision === 'error' ? known({ code, message: detail }) : undefined,
    http: request_id && { request: { id: request_id } },
    rule: writeRule(policy),
    regate: known({ kind, decision_id, decision, code, resource, parameters, identity, policy, context, log }),
  };
}

function writeDelivered(entry: DeliveredRecord, log: Log): object {
  const {
    decision_id,
    request_id,
    attempt,
    code,
    outcome,
    status,
    upstream_status,
    usage,
    model,
    finish_reason,
    bytes_sent,
    timing,
    kind,
  } = entry;
  const ended = outcome === 'completed' ? 'success' : outcome === 'client-aborted' ? 'unknown' : 'failure';
  return {
    event: {
      ...{
        ...constant,
        kind: 'event',
        category: ['api'],
        type: ['end'],
        id: `${decision_id}:delivered`,
        action: 'delivered',
        outcome: ended,
      },
      duration: Math.round(timing.total_ms * 1e6),
    },
    error: code === undefined ? undefined : { code },
    http: { request: { id: request_id }, response: known({ status_code: status, bytes: bytes_sent }) },
    regate: known({ kind, decision_id, attempt, outcome, code, upstream_status, usage, model, finish_reason, timing, log }),
  };
}

function writeComparison(entry: ComparisonRecord, log: Log): object {
  const { kind, decision_id, request_id, attempt, policy, candidate, changes, approved, before, after } = entry;
  return {
    event: { ...constant, kind: 'event', category: ['api'], type: ['info'], id: `${decision_id}:compared`, action: 'compared' },
    http: { request: { id: request_id } },
    regate: { kind, decision_id, attempt, policy, candidate, changes, approved, before, after, log },
  };
}

function writeWho(entry: DecisionLogEntry, requestedBy: string | undefined): object {
  const { originator, caller } = whoOf(entry);
  return {
    user:
      originator &&
      known({ id: originator.id, domain: originator.issuer, roles: originator.roles, effective: actingFor(originator.id, caller?.id) }),
    client: requestedBy && { address: requestedBy, ...(isIP(requestedBy) !== 0 && { ip: requestedBy }) },
  };
}

const actingFor = (originator: string, caller: string | undefined) =>
  caller === undefined || caller === originator ? undefined : { id: caller };

type Policy = DecidedRecord['policy'] | AdministrativeRecord['policy'];

const reasonOf = (policy: Policy): string | undefined => policy?.reasons.map(({ code }) => code).join(', ') || undefined;

function writeRule(policy: Policy): object | undefined {
  return policy && known({ ruleset: policy.bundle, version: policy.revision, id: policy.reasons[0]?.code, name: policy.reasons[0]?.rule });
}
