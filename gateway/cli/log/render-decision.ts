import type { Usage } from '../../vocabulary/delivered.ts';
import type {
  AdministrativeRecord,
  ComparisonRecord,
  DecidedRecord,
  DeliveredRecord,
  RecordedLink,
  SummaryRecord,
} from '../../vocabulary/record.ts';
import type { Found } from './find-decisions.ts';

// The log holds what callers wrote (a model's name); at a terminal it must not act.
const control = /[\p{Cc}\p{Cf}\u2028\u2029]/gu;
const safe = (text: unknown): string =>
  String(text).replace(control, (found) => `\\u${(found.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`);

/** Text that cannot act at a terminal. */
export const safeText = safe;

/** Renders a decision for people: a heading, then one line a topic. */
export function renderDecision({ decided, delivered, summary, administrative, compared }: Found): string {
  if (summary !== undefined) return renderSummary(summary);
  if (administrative !== undefined) return renderAdministrative(administrative);
  if (decided === undefined) return '';
  const rows: [string, string][] = [];
  const add = (topic: string, text: string | undefined) => text !== undefined && text !== '' && rows.push([topic, text]);
  const { request, identity, policy, model, route, audit } = decided;
  add(
    'request',
    `${request.method} ${request.path}${request.operation ? ` (${request.operation}${request.stream ? ', stream' : ''})` : ''}`,
  );
  add('', `id ${decided.request_id}  from ${decided.requested_by}${decided.attempt > 1 ? `  attempt ${decided.attempt}` : ''}`);
  for (const [index, link] of (identity?.chain ?? []).entries()) add(index === 0 ? 'chain' : '', describeLink(link));
  add('model', describeModel(model, delivered));
  add('route', route && `${route.backend} / ${route.model}, credential ${route.credential}`);
  add('policy', policy && `${policy.bundle} ${policy.revision} (${policy.digest.slice(0, 12)}), ${Math.round(policy.eval_us)} µs`);
  for (const [index, reason] of reasonsOf(decided).entries()) add(index === 0 ? 'reasons' : '', reason);
  add('detail', decided.detail);
  add('obligations', policy?.obligations.map(({ type, outcome }) => `${type}: ${outcome}`).join(', '));
  add('audit', audit && [audit.class, audit.capture].filter(Boolean).join(', '));
  add('masked', describeMask(decided));
  add('candidate', compared && describeComparison(compared));
  add('delivered', delivered ? describeEnd(delivered) : describeNoEnd(decided));
  const heading = `${decided.timestamp}  ${decided.decision.toUpperCase()}${decided.code ? `  ${decided.code}` : ''}  ${decided.decision_id}`;
  return [safe(heading), ...rows.map(([topic, text]) => `  ${topic.padEnd(12)}${safe(text)}`)].join('\n');
}

function describeComparison({ candidate, changes, approved, after }: ComparisonRecord): string {
  const verdict = 'failed' in after ? `failure ${after.failed}` : `${after.allow ? 'allow' : 'deny'} ${after.codes.join(' ')}`.trimEnd();
  return `${candidate.revision} would: ${verdict} (${changes.join(', ')}${approved ? ', approved' : ''})`;
}

function renderSummary({ timestamp, since, counts }: SummaryRecord): string {
  const rows = Object.entries(counts).map(([code, count]) => `  ${String(count).padStart(8)}  ${safe(code)}`);
  return [`${timestamp}  REFUSED, callers whom nobody knows, without a line each, since ${since}`, ...rows].join('\n');
}

function renderAdministrative(entry: AdministrativeRecord): string {
  const { timestamp, action, decision, code, decision_id, resource, parameters, identity, policy } = entry;
  const rows: [string, string][] = [['action', action + (resource ? ` on ${resource.type} ${resource.id ?? ''}` : '')]];
  if (entry.requested_by !== undefined) rows.push(['from', entry.requested_by]);
  for (const link of identity?.chain ?? []) rows.push(['chain', describeLink(link)]);
  for (const { code: reason } of policy?.reasons ?? []) rows.push(['reasons', reason]);
  if (entry.detail !== undefined) rows.push(['detail', entry.detail]);
  if (parameters !== undefined) rows.push(['parameters', JSON.stringify(parameters)]);
  const heading = `${timestamp}  ${decision.toUpperCase()}  ${action}${code ? `  ${code}` : ''}  ${decision_id}`;
  return [safe(heading), ...rows.map(([topic, text]) => `  ${topic.padEnd(12)}${safe(text)}`)].join('\n');
}

function describeLink(link: RecordedLink): string {
  if (link.kind === 'credential') return `credential  ${link.id}  version ${link.version}`;
  if (link.kind === 'token') return `token  ${link.id}  ${link.method}${link.expires_at ? `  until ${link.expires_at}` : ''}`;
  const owner = link.owner ? `  owned by ${link.owner.kind} ${link.owner.id}` : '';
  return `${link.kind}  ${link.id}  ${link.method}${link.roles.length > 0 ? `  roles ${link.roles.join(', ')}` : ''}${owner}`;
}

function describeModel(model: DecidedRecord['model'], delivered: DeliveredRecord | undefined): string {
  const parts = [
    model?.requested && `asked ${model.requested}`,
    model?.sent && `sent ${model.sent}`,
    delivered?.model?.answered && `answered ${delivered.model.answered}`,
  ];
  return parts.filter(Boolean).join(', ');
}

/**
 * The answer's own reasons have messages, where the mask left them; the record's have codes and rules. Both stand in the same order. One code can
 * have several reasons with a message each, so they are matched by place.
 */
function reasonsOf({ policy, result }: DecidedRecord): string[] {
  const answer: readonly unknown[] =
    typeof result === 'object' && result !== null && 'reasons' in result && Array.isArray(result.reasons) ? result.reasons : [];
  return (policy?.reasons ?? []).map(({ code, rule }, place) => {
    const told = answer[place];
    const message = typeof told === 'object' && told !== null && 'code' in told && told.code === code && 'message' in told && told.message;
    return `${code}${rule ? `  (${rule})` : ''}${typeof message === 'string' ? `  ${message}` : ''}`;
  });
}

function describeMask({ mask, erased, masked }: DecidedRecord): string | undefined {
  if (mask?.by === 'built-in') return `by the gateway's strictest mask: the policy's is ${mask.why}`;
  const parts = [erased?.length ? `${erased.length} erased` : '', masked?.length ? `${masked.length} changed` : ''];
  return parts.filter((part) => part !== '').join(', ');
}

function describeEnd(end: DeliveredRecord): string {
  const { timing, usage } = end;
  const parts = [
    end.outcome,
    end.code,
    end.status && `status ${end.status}`,
    end.upstream_status && end.upstream_status !== end.status && `backend ${end.upstream_status}`,
    describeUsage(usage),
    end.finish_reason && `finish ${end.finish_reason}`,
    `${end.bytes_sent} bytes`,
    `${Math.round(timing.total_ms)} ms${timing.first_byte_ms === undefined ? '' : `, first byte ${Math.round(timing.first_byte_ms)} ms`}`,
    `gateway ${timing.overhead_us} µs`,
  ];
  return parts.filter(Boolean).join(', ');
}

function describeUsage(usage: Usage | undefined): string | undefined {
  if (usage === undefined) return undefined;
  return `tokens ${usage.input_tokens ?? '?'} in, ${usage.output_tokens ?? '?'} out`;
}

function describeNoEnd({ identity }: DecidedRecord): string {
  return identity === undefined ? '' : 'not on record: it is under way, or the gateway was killed before its end';
}
