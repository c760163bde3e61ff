import type { DecidedRecord } from '../../vocabulary/record.ts';
import type { Replay } from './replay.ts';

export interface ReplayFindings {
  readonly same_revision: boolean;
  /** `undefined` where no catalogue was given. */
  readonly same_catalogue: boolean | undefined;
  readonly same_answer: boolean;
  readonly erased: readonly string[];
  readonly masked: readonly string[];
  readonly fresh: readonly string[];
}

// The explanation holds what callers wrote; at a terminal it must not act.
const control = /[\p{Cc}\u2028\u2029]/gu;
const safe = (text: string): string =>
  text.replace(control, (found) => (found === '\n' ? found : `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`));

/** Writes a replay for people: first what it is worth, then the rules. */
export function describeReplay(record: DecidedRecord, again: Replay, findings: ReplayFindings): string {
  const { timestamp, decision, code, decision_id: id, policy } = record;
  const lines = [
    `${timestamp}  ${decision.toUpperCase()}${code === undefined ? '' : `  ${code}`}  ${id}`,
    ...policyLines(again.revision, policy?.revision, findings),
    ...list('Erased before the record was written, and unknown here:', findings.erased),
    ...list('Changed before the record was written:', findings.masked),
    ...list('Not on record, so taken anew:', findings.fresh),
    findings.same_answer
      ? 'The replay gives the answer on record.'
      : `THE REPLAY GIVES ANOTHER ANSWER THAN THE RECORD, so this is not why the decision was made. The replay's: ${JSON.stringify(again.answer) ?? 'undefined'}`,
  ];
  return safe(`${lines.join('\n')}\n\n${again.text}`);
}

function policyLines(revision: string, recorded: string | undefined, { same_revision, same_catalogue }: ReplayFindings): readonly string[] {
  const catalogue = {
    true: 'The catalogue is the one on record.',
    false: 'THE CATALOGUE IS NOT THE ONE ON RECORD: rules that read data.regate.backends may see others.',
    undefined: 'No catalogue was given (--config): rules that read data.regate.backends see none.',
  };
  return [
    same_revision
      ? `The policy is revision ${revision}, as on record.`
      : `THE POLICY IS NOT THE ONE ON RECORD: the sources are revision ${revision}, the decision was made by ${recorded ?? 'none'}.`,
    catalogue[`${same_catalogue}`],
  ];
}

function list(heading: string, entries: readonly string[]): readonly string[] {
  return entries.length === 0 ? [] : [heading, ...entries.map((entry) => `  ${entry}`)];
}
