import type { ParameterFacts } from '../../../vocabulary/facts.ts';
import type { Fields } from './fields.ts';

export type ParameterDraft = { -readonly [Name in keyof ParameterFacts]: ParameterFacts[Name] };

/** How the parameters of one operation of one dialect are read. */
export interface Reading {
  /**
   * Top-level names that the gateway reads, or knows to tune the answer and nothing else. A name that reaches state which the provider holds, or
   * chooses where, for whom or at what price the request is processed, is left out on purpose: policy sees it in `other`.
   */
  readonly known: ReadonlySet<string>;
  /** The members that limit the output. */
  readonly caps: readonly string[];
  /** The least value of a cap that means a limit. Below it a server may read "no limit". */
  readonly leastCap: number;
  /** The members that the model reads: they make the input estimate. */
  readonly content: readonly string[];
  /** Whether the operation can stream. */
  readonly streams: boolean;
  /** Reads what is particular to the operation. */
  read(fields: Fields, facts: ParameterDraft): void;
}

/** The length of a list, or 1 for a single item. */
export function countOf(value: unknown): number | undefined {
  return Array.isArray(value) ? value.length : typeof value === 'string' ? 1 : undefined;
}
