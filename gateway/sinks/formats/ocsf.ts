import { isIP } from 'node:net';
import { version } from '../../version.ts';
import type { AdministrativeRecord, DecidedRecord, DecisionLogEntry, DeliveredRecord } from '../../vocabulary/record.ts';
import { known } from '../known.ts';
import type { SinkLine } from '../sender.ts';
import { whoOf } from '../who.ts';

/** The version of the Open Cybersecurity Schema Framework whose class is used. */
export const ocsfVersion = '1.3.0';

const classUid = 6003;
/** Other: what is done to a model is none of create, read, update, delete. */
const activityId = 99;

/** Writes an entry as API Activity (class 6003, with the profile security_control) of OCSF. What it has no name for stands in `unmapped`. */
export function writeOcsf(entry: DecisionLogEntry, { segment, number }: Pick<SinkLine, 'segment' | 'number'>): object {
  const id = 'decision_id' in entry ? `${entry.decision_id}:${entry.kind}` : `${segment}:${number}`;
  const { originator, caller } = whoOf(entry);
  return known({
    ...{ category_uid: 6, category_name: 'Application Activity', class_uid: classUid, class_name: 'API Activity' },
    ...{ activity_id: activityId, type_uid: classUid * 100 + activityId, time: Date.parse(entry.timestamp) },
    metadata: {
      ...{ version: ocsfVersion, uid: id, profiles: ['security_control'], log_name: segment, sequence: number },
      product: { name: 'Regate', vendor_name: 'Regate', version },
      labels: Object.entries(entry.labels).map(([name, value]) => `${name}:${value}`),
    },
    actor: known({
      app_name: 'regate',
      user:
        originator &&
        known({ uid: originator.id, domain: originator.issuer, type_id: originator.kind === 'person' ? 1 : 99, type: originator.kind }),
      invoked_by: caller === undefined || caller.id === originator?.id ? undefined : caller.id,
    }),
    ...describe(entry),
  });
}

function describe(entry: DecisionLogEntry): object {
  switch (entry.kind) {
    case 'decided':
      return describeDecided(entry);
    case 'administrative':
      return describeAdministrative(entry);
    case 'delivered':
      return describeDelivered(entry);
    case 'compared': {
      const { decision_id, request_id, attempt, policy, candidate, changes, approved, before, after } = entry;
      return {
        ...{ activity_name: 'compared', severity_id: 1, status_id: 99, status: 'Other', src_endpoint: unknownPlace },
        ...{ api: { operation: 'compared', request: { uid: decision_id } }, http_request: { uid: request_id } },
        unmapped: { attempt, policy, candidate, changes, approved, before, after },
      };
    }
    case 'refused-summary': {
      const count = Object.values(entry.counts).reduce((sum, each) => sum + each, 0);
      return {
        ...{ activity_name: 'refused-summary', severity_id: 2, ...statusOf(false), ...decisionOf(false), src_endpoint: unknownPlace },
        ...{ count, start_time: Date.parse(entry.since), api: { operation: 'refused-summary' }, unmapped: { counts: entry.counts } },
      };
    }
  }
}

const unknownPlace = { name: 'unknown' };

function describeDecided(entry: DecidedRecord): object {
  const { decision_id, decision, code, detail, request, policy, model, requested_by, request_id, attempt, route, identity, input, result } =
    entry;
  const { trace_id, span_id, erased, masked } = entry;
  const operation = request.operation ?? 'unknown';
  return {
    ...{ activity_name: operation, ...judge(entry) },
    api: known({
      operation,
      service: { name: request.protocol },
      request: { uid: decision_id },
      response: code === undefined ? undefined : known({ error: code, message: detail }),
    }),
    http_request: known({ uid: request_id, http_method: request.method, length: request.size_bytes, url: { path: request.path } }),
    src_endpoint: placeOf(requested_by),
    resources: model?.requested === undefined ? undefined : [{ type: 'model', name: model.requested }],
    policy: policyOf(policy),
    status_code: code,
    status_detail: reasonsOf(policy) ?? detail,
    unmapped: known({ decision, attempt, model, route, identity, policy, input, result, erased, masked, trace_id, span_id }),
  };
}

function describeAdministrative(entry: AdministrativeRecord): object {
  const { decision_id, decision, code, detail, action, resource, parameters, policy, requested_by, request_id, identity, context } = entry;
  return {
    ...{ activity_name: action, ...judge(entry) },
    api: known({
      operation: action,
      service: { name: 'regate' },
      request: { uid: decision_id },
      response: code === undefined ? undefined : known({ error: code, message: detail }),
    }),
    http_request: request_id && { uid: request_id },
    src_endpoint: placeOf(requested_by),
    resources: resource && [known({ type: resource.type, uid: resource.id })],
    policy: policyOf(policy),
    status_code: code,
    status_detail: reasonsOf(policy) ?? detail,
    unmapped: known({ decision, parameters, identity, policy, context }),
  };
}

function describeDelivered(entry: DeliveredRecord): object {
  const { decision_id, request_id, attempt, code, outcome, status, upstream_status, usage, model, finish_reason, bytes_sent, timing } =
    entry;
  const done = outcome === 'completed';
  return {
    ...{
      activity_name: 'delivered',
      severity_id: done || outcome === 'refused' || outcome === 'client-aborted' ? 1 : 3,
      ...statusOf(done),
    },
    ...{ duration: Math.round(timing.total_ms), src_endpoint: unknownPlace, status_code: code, status_detail: outcome },
    api: { operation: 'delivered', request: { uid: decision_id } },
    http_request: { uid: request_id },
    http_response: status === undefined ? undefined : { code: status, length: bytes_sent },
    unmapped: known({ attempt, outcome, upstream_status, usage, model, finish_reason, timing }),
  };
}

/** Informational, low, medium. */
function judge({ decision }: DecidedRecord | AdministrativeRecord): object {
  return { severity_id: { allow: 1, deny: 2, error: 3 }[decision], ...statusOf(decision === 'allow'), ...decisionOf(decision === 'allow') };
}

const statusOf = (good: boolean) => (good ? { status_id: 1, status: 'Success' } : { status_id: 2, status: 'Failure' });
const decisionOf = (allowed: boolean) =>
  allowed
    ? { action_id: 1, action: 'Allowed', disposition_id: 1, disposition: 'Allowed' }
    : { action_id: 2, action: 'Denied', disposition_id: 2, disposition: 'Blocked' };

type Policy = DecidedRecord['policy'] | AdministrativeRecord['policy'];

const policyOf = (policy: Policy) => policy && { name: policy.bundle, uid: policy.digest, version: policy.revision };
const reasonsOf = (policy: Policy) => policy?.reasons.map(({ code }) => code).join(', ') || undefined;

/** The gateway's own doing comes from nowhere. */
function placeOf(requestedBy: string | undefined): object {
  if (requestedBy === undefined) return unknownPlace;
  return isIP(requestedBy) === 0 ? { name: requestedBy } : { ip: requestedBy };
}
