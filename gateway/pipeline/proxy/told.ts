import type { ToldError } from '../../backends/dialect.ts';
import { describe, type Refusal } from '../../errors.ts';
import { scrub } from '../../secret/known.ts';

/**
 * What a caller may hear of a refusal: the policy's message or the table's sentence, the reason codes that the policy marks as public, and the
 * decision id under which the rest stands in the record. Detail, rules and other reasons stay inside.
 */
export function tellable(refusal: Pick<Refusal, 'code' | 'reasons' | 'message'>, decisionId: string): ToldError {
  const { code, status, tell } = describe(refusal.code);
  // One code can have several reasons, one for each principal or layer; the caller hears it once.
  const reasons = [...new Set(refusal.reasons.filter((reason) => reason.public === true).map((reason) => reason.code))];
  const said = refusal.message ?? tell;
  const why = reasons.length === 0 ? '' : ` Reason: ${reasons.join(', ')}.`;
  return { code, status, message: scrub(`${said}${why} Decision: ${decisionId}.`).text, reasons, decisionId };
}
