import { compareVerdicts, differingCodes } from '../engine/compare-verdicts.ts';
import type { ApprovedDifference } from '../vocabulary/candidate.ts';
import type { ComparedVerdict } from '../vocabulary/record.ts';
import type { Verdict, VerdictChange } from '../vocabulary/verdict.ts';

export interface Difference {
  readonly changes: readonly VerdictChange[];
  /** Somebody has said that each of them is meant. */
  readonly approved: boolean;
  readonly before: ComparedVerdict;
  readonly after: ComparedVerdict;
}

/** @returns `undefined` where both come to the same */
export function describeDifference(before: Verdict, after: Verdict, approved: readonly ApprovedDifference[]): Difference | undefined {
  const changes = compareVerdicts(before, after);
  if (changes.length === 0) return undefined;
  const codes = new Set(differingCodes(before, after).map((code) => code.slice(1)));
  const isMeant = (change: VerdictChange) =>
    approved.some((one) => one.change === change && (one.reason === undefined || codes.has(one.reason)));
  return { changes, approved: changes.every(isMeant), before: withoutText(before), after: withoutText(after) };
}

/** Parameters of obligations may quote the input, and no mask reaches them here. */
function withoutText(verdict: Verdict): ComparedVerdict {
  if ('failed' in verdict) return verdict;
  const { allow, codes, route, fallbacks, obligations } = verdict;
  return {
    ...{ allow, codes, fallbacks: fallbacks.length },
    ...(route === undefined ? {} : { route }),
    obligations: obligations.map(({ type }) => type).sort(),
  };
}
