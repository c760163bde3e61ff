import { readAnswer } from '../../gateway/pipeline/decide/read-answer.ts';

/**
 * An answer as a text that is the same wherever the answer means the same. Evaluators write members and the elements of sets in orders of their own;
 * fallbacks are tried in their order.
 * @throws MalformedAnswer where the gateway would not believe the answer
 */
export function describeAnswer(value: unknown): string {
  const { obligations, reasons, ...rest } = readAnswer(value);
  const sorted = (members: readonly unknown[]) => members.toSorted((left, right) => (write(left) < write(right) ? -1 : 1));
  return write({ ...rest, obligations: sorted(obligations), reasons: sorted(reasons) });
}

function write(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([left], [right]) => (left < right ? -1 : 1)))
      : member,
  );
}
