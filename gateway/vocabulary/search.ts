/** What is looked for in the record. All that is given must hold. */
export interface LogQuery {
  /** Id of any principal of the chain: a person, a service, an agent, a key's holder. */
  readonly principal?: string;
  /** Id of the token, key or certificate that was presented. */
  readonly token?: string;
  /** As the caller wrote it, or as it was sent. */
  readonly model?: string;
  /** A refusal's code, or a reason's. */
  readonly code?: string;
  readonly revision?: string;
  readonly backend?: string;
  /** Of an administrative record, e.g. `keys.create`; `keys.*` for all below. */
  readonly action?: string;
  readonly decision?: 'allow' | 'deny' | 'error';
  /** A decision's or a request's id. */
  readonly id?: string;
  /** Milliseconds since the epoch: from here on. */
  readonly since?: number;
  /** Milliseconds since the epoch: before this. */
  readonly until?: number;
}

/** One line of a result: enough for a list. The record itself is read from the log. */
export interface LogHit {
  /** Position in the index, for going on from here. */
  readonly entry: number;
  readonly segment: string;
  /** Number of the line in its segment, from 0. */
  readonly line: number;
  /** RFC 3339. */
  readonly timestamp: string;
  readonly kind: 'decided' | 'administrative';
  readonly decision_id: string;
  readonly request_id?: string;
  readonly decision: string;
  readonly code?: string;
  readonly originator?: string;
  readonly caller?: string;
  readonly operation?: string;
  readonly action?: string;
  readonly model?: string;
  readonly backend?: string;
  readonly revision?: string;
  readonly outcome?: string;
  readonly status?: number;
  readonly input_tokens?: number;
  readonly output_tokens?: number;
}

export interface LogPage {
  /** Newest first. */
  readonly hits: readonly LogHit[];
  /** Where the next page begins; absent on the last. */
  readonly next?: string;
}

export type StatisticsBy = 'principal' | 'model' | 'code' | 'revision' | 'backend' | 'action' | 'decision' | 'day';

export interface LogCount {
  readonly value: string;
  readonly count: number;
  readonly denied: number;
  readonly input_tokens: number;
  readonly output_tokens: number;
}
