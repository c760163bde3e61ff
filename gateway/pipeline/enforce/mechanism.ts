import type { ErrorCode, Refusal } from '../../errors.ts';
import type { Obligation } from '../../vocabulary/decision.ts';
import type { Principal } from '../../vocabulary/identity.ts';
import type { Draft } from './draft.ts';

/** Why an obligation was not carried out. */
export type Trouble = Extract<ErrorCode, 'policy.conflict' | 'policy.obligation-blocked' | 'policy.unknown-obligation'>;

/** Carries one obligation out on a request; gives the trouble where it cannot. */
export type Step = (draft: Draft) => Trouble | undefined;

/** One type of obligation. */
export interface Mechanism {
  readonly type: string;
  /** Reads the parameters; `undefined` where they are malformed. Nothing is guessed: a cap of "100" is not a cap. */
  read(obligation: Obligation): Step | undefined;
}

/** Who is behind a request, and when it came: milliseconds since the epoch. */
export interface Occasion {
  readonly originator: Principal;
  readonly at: number;
}

/** One type of obligation that is on whoever asks, not on the request: it counts where nothing is sent, too, and before anything is changed. */
export interface Condition {
  readonly type: string;
  /** As for a mechanism. What it gives refuses where the condition does not hold. */
  read(obligation: Obligation): ((occasion: Occasion) => Refusal | undefined) | undefined;
}

/** Whether an obligation holds no parameter but these. A misspelt one would otherwise be an obligation that nobody carries out. */
export function holdsOnly(obligation: Obligation, names: readonly string[]): boolean {
  return Object.keys(obligation).every((name) => name === 'type' || names.includes(name));
}

/** A list of non-empty strings. */
export function isNames(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string' && item !== '');
}
