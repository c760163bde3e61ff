import type { AdministrativeRecord, DecidedRecord, DecisionLogEntry } from '../vocabulary/record.ts';
import { known } from './known.ts';

/** An event of OPA's decision log, by OPA's names (openpolicyagent.org, Management APIs: Decision Logs). */
export interface OpaEvent {
  readonly labels: Readonly<Record<string, string>>;
  readonly decision_id: string;
  readonly timestamp: string;
  readonly trace_id?: string;
  readonly span_id?: string;
  readonly bundles?: Readonly<Record<string, { readonly revision: string }>>;
  readonly path?: string;
  readonly input?: unknown;
  readonly result?: unknown;
  readonly erased?: readonly string[];
  readonly masked?: readonly string[];
  readonly error?: { readonly code: string; readonly message: string };
  readonly requested_by?: string;
  readonly metrics?: Readonly<Record<string, number>>;
  readonly nd_builtin_cache?: unknown;
  /** What OPA's event has no place for. */
  readonly custom: { readonly regate: object };
}

/** Writes an entry as OPA would; nothing where it is no decision. */
export function writeOpaEvent(entry: DecisionLogEntry): OpaEvent | undefined {
  if (entry.kind === 'decided') return writeDecided(entry);
  if (entry.kind === 'administrative') return writeAdministrative(entry);
  return undefined;
}

function writeDecided(entry: DecidedRecord): OpaEvent {
  const { labels, decision_id, timestamp, trace_id, span_id, bundles, path, input, result, erased, masked, requested_by, metrics } = entry;
  const { kind, request_id, attempt, decision, code, request, identity, policy, model, route, nd_builtin_cache } = entry;
  return known({
    ...{ labels, decision_id, timestamp, trace_id, span_id, path, input, result, erased, masked, requested_by, metrics, nd_builtin_cache },
    bundles: bundles && Object.fromEntries(Object.entries(bundles).map(([name, { revision }]) => [name, { revision }])),
    error: decision === 'error' ? { code: code ?? 'unknown', message: entry.detail ?? code ?? 'unknown' } : undefined,
    custom: { regate: known({ kind, request_id, attempt, decision, code, request, identity, policy, model, route }) },
  });
}

function writeAdministrative(entry: AdministrativeRecord): OpaEvent {
  const { labels, decision_id, timestamp, requested_by, policy } = entry;
  const { kind, request_id, action, decision, code, detail, resource, parameters, identity, context } = entry;
  return known({
    ...{ labels, decision_id, timestamp, requested_by },
    bundles: policy && { [policy.bundle]: { revision: policy.revision } },
    path: policy && 'gateway/admin/answer',
    input: known({ action: known({ name: action, resource }), parameters, identity, context }),
    result: { allow: decision === 'allow' },
    error: decision === 'error' ? { code: code ?? 'unknown', message: detail ?? code ?? 'unknown' } : undefined,
    custom: { regate: known({ kind, request_id, action, decision, code, policy }) },
  });
}
