import type { Obligation, ObligationOutcome } from '../../vocabulary/decision.ts';
import type { Draft } from './draft.ts';
import type { Mechanism, Step, Trouble } from './mechanism.ts';
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

export interface CarriedOut {
  /** One for each obligation, in the order of the answer. */
  readonly outcomes: readonly ObligationOutcome[];
  /** Why one of them was not carried out; then the request must not be sent. */
  readonly trouble?: Trouble;
}

/**
 * Carries obligations out on a draft, all or none: they are all read before the first is carried out, and one that is unknown or malformed stops
 * them all.
 * @param draft `undefined` where nothing is sent, as for a listing; there an obligation on the request is met by itself
 */
export function carryOut(obligations: readonly Obligation[], draft: Draft | undefined): CarriedOut {
  const outcomes: ObligationOutcome['outcome'][] = obligations.map(() => 'not-run');
  const tell = (trouble?: Trouble): CarriedOut => ({
    outcomes: obligations.map(({ type }, index) => ({ type, outcome: outcomes[index] ?? 'not-run' })),
    ...(trouble !== undefined && { trouble }),
  });
  const steps: { readonly index: number; readonly rank: number; readonly step: Step }[] = [];
  for (const [index, obligation] of obligations.entries()) {
    const known = byType.get(obligation.type);
    const step = known?.mechanism.read(obligation);
    if (known === undefined || step === undefined) {
      outcomes[index] = 'blocked';
      return tell('policy.unknown-obligation');
    }
    steps.push({ index, rank: known.rank, step });
  }
  for (const { index, step } of steps.sort((a, b) => a.rank - b.rank)) {
    const trouble = draft === undefined ? undefined : step(draft);
    outcomes[index] = trouble === undefined ? 'discharged' : 'blocked';
    if (trouble !== undefined) return tell(trouble);
  }
  return tell();
}
