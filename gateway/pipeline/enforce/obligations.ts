import { type Refusal, refuse } from '../../errors.ts';
import type { Obligation, ObligationOutcome } from '../../vocabulary/decision.ts';
import type { Draft } from './draft.ts';
import type { Condition, Mechanism, Occasion } from './mechanism.ts';
import { capTokens } from './obligations/cap-tokens.ts';
import { dropParameters } from './obligations/drop-parameters.ts';
import { headers } from './obligations/headers.ts';
import { pinParameters } from './obligations/pin-parameters.ts';
import { stripTools } from './obligations/strip-tools.ts';
import { timeout } from './obligations/timeout.ts';

/**
 * Every obligation that the gateway can carry out, in the order in which they are: what is pinned and dropped stands first, so that a cap or a strip
 * that disagrees with it is found out.
 */
export const mechanisms: readonly Mechanism[] = [pinParameters, dropParameters, stripTools, capTokens, timeout, headers];

const byType: ReadonlyMap<string, { readonly mechanism: Mechanism; readonly rank: number }> = new Map(
  mechanisms.map((mechanism, rank) => [mechanism.type, { mechanism, rank }]),
);

export interface ObligationNeeds {
  /** Obligations on whoever asks. They are looked at first. */
  readonly conditions: readonly Condition[];
}

export interface CarriedOut {
  /** One for each obligation, in the order of the answer. */
  readonly outcomes: readonly ObligationOutcome[];
  /** Why one of them was not carried out; then the request must not be sent. */
  readonly refusal?: Refusal;
}

/** One obligation, read and ready. */
interface Ready {
  readonly index: number;
  readonly rank: number;
  readonly run: () => Refusal | undefined;
}

/** Makes the carrying out of obligations. */
export function makeCarryOut({ conditions }: ObligationNeeds) {
  const conditionOf = new Map(conditions.map((condition) => [condition.type, condition]));

  /**
   * Carries obligations out on a draft, all or none: they are all read before the first is carried out, and one that is unknown or malformed stops
   * them all.
   * @param draft `undefined` where nothing is sent, as for a listing; there an obligation on the request is met by itself
   */
  return function carryOut(obligations: readonly Obligation[], draft: Draft | undefined, occasion: Occasion): CarriedOut {
    const outcomes: ObligationOutcome['outcome'][] = obligations.map(() => 'not-run');
    const tell = (refusal?: Refusal): CarriedOut => ({
      outcomes: obligations.map(({ type }, index) => ({ type, outcome: outcomes[index] ?? 'not-run' })),
      ...(refusal !== undefined && { refusal }),
    });
    const ready: Ready[] = [];
    for (const [index, obligation] of obligations.entries()) {
      const prepared = prepare(obligation, draft, occasion);
      if (prepared === undefined) {
        outcomes[index] = 'blocked';
        return tell(refuse('policy.unknown-obligation'));
      }
      ready.push({ index, ...prepared });
    }
    for (const { index, run } of ready.sort((a, b) => a.rank - b.rank)) {
      const refusal = run();
      outcomes[index] = refusal === undefined ? 'discharged' : 'blocked';
      if (refusal !== undefined) return tell(refusal);
    }
    return tell();
  };

  function prepare(obligation: Obligation, draft: Draft | undefined, occasion: Occasion): Omit<Ready, 'index'> | undefined {
    const condition = conditionOf.get(obligation.type)?.read(obligation);
    if (condition !== undefined) return { rank: -1, run: () => condition(occasion) };
    const known = byType.get(obligation.type);
    const step = known?.mechanism.read(obligation);
    if (known === undefined || step === undefined) return undefined;
    return {
      rank: known.rank,
      run() {
        const trouble = draft === undefined ? undefined : step(draft);
        return trouble === undefined ? undefined : refuse(trouble);
      },
    };
  }
}
