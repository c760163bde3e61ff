import type { AdministrativeRecord, DecidedRecord } from '../vocabulary/record.ts';
import type { FacetKind } from './index-tables.ts';

/** What the index keeps of a record. */
export interface IndexedEntry {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly administrative: boolean;
  readonly decisionId: string;
  readonly requestId?: string;
  readonly attempt: number;
  readonly decision: string;
  readonly code?: string;
  readonly originator?: string;
  readonly caller?: string;
  readonly operation?: string;
  readonly action?: string;
  readonly model?: string;
  readonly backend?: string;
  readonly revision?: string;
  readonly facets: readonly (readonly [kind: FacetKind, value: string])[];
}

/** Longer texts are cut: an index is no place for what a caller wrote at length. */
const longest = 256;

/** Takes from a record what can be looked for. @returns `undefined` where its time cannot be read */
export function describeEntry(record: DecidedRecord | AdministrativeRecord): IndexedEntry | undefined {
  const at = Date.parse(record.timestamp);
  if (Number.isNaN(at) || typeof record.decision_id !== 'string') return undefined;
  const { identity, policy, decision, code, decision_id: decisionId, request_id: requestId } = record;
  const principals = (identity?.chain ?? []).filter(({ kind }) => kind !== 'token' && kind !== 'credential');
  const tokens = (identity?.chain ?? []).filter(({ kind }) => kind === 'token');
  const isDecided = record.kind === 'decided';
  const models = isDecided ? [record.model?.requested, record.model?.sent, record.route?.model] : [];
  const backend = isDecided ? record.route?.backend : undefined;
  const action = isDecided ? undefined : record.action;
  const facets = new Map<string, readonly [FacetKind, string]>();
  const add = (kind: FacetKind, value: string | undefined): void => {
    if (value !== undefined && value !== '') facets.set(`${kind} ${value}`, [kind, value.slice(0, longest)]);
  };
  for (const { id } of principals) add('principal', id);
  for (const { id } of tokens) add('token', id);
  for (const model of models) add('model', model);
  add('code', code);
  for (const reason of policy?.reasons ?? []) add('code', reason.code);
  add('revision', policy?.revision);
  add('backend', backend);
  add('action', action);
  add('decision', decision);
  const known: { [K in keyof IndexedEntry]: IndexedEntry[K] | undefined } = {
    ...{ at, administrative: !isDecided, decisionId, requestId, attempt: isDecided ? record.attempt : 0, decision, code, action, backend },
    originator: principals[0]?.id,
    caller: principals.at(-1)?.id,
    operation: isDecided ? record.request.operation : undefined,
    model: isDecided ? record.model?.requested?.slice(0, longest) : undefined,
    revision: policy?.revision,
    facets: [...facets.values()],
  };
  return known as IndexedEntry;
}
