import { isDeepStrictEqual } from 'node:util';
import type { Verdict, VerdictChange } from '../vocabulary/verdict.ts';

/**
 * Tells in what the second verdict differs from the first. Whether a request is let through stands before everything else: where that changes,
 * nothing else is told.
 * @returns nothing where they are the same
 */
export function compareVerdicts(before: Verdict, after: Verdict): readonly VerdictChange[] {
  if ('failed' in before || 'failed' in after) return compareFailures(before, after);
  if (before.allow !== after.allow) return [before.allow ? 'allow-to-deny' : 'deny-to-allow'];
  const changes: VerdictChange[] = [];
  // Where to turn next is a part of the way.
  if (!isDeepStrictEqual([before.route, before.fallbacks], [after.route, after.fallbacks])) changes.push('route');
  if (!isDeepStrictEqual(inOrder(before.obligations), inOrder(after.obligations))) changes.push('obligations');
  if (!isDeepStrictEqual(before.codes, after.codes)) changes.push('reasons');
  return changes;
}

function compareFailures(before: Verdict, after: Verdict): readonly VerdictChange[] {
  if (!('failed' in before)) return [before.allow ? 'allow-to-failure' : 'deny-to-failure'];
  if (!('failed' in after)) return [after.allow ? 'failure-to-allow' : 'failure-to-deny'];
  return before.failed === after.failed ? [] : ['other-failure'];
}

/** Obligations are a set: the policy's order of them is its compiler's. */
function inOrder(obligations: readonly object[]): readonly string[] {
  return obligations.map((obligation) => JSON.stringify(sortKeys(obligation))).sort();
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([key, member]) => [key, sortKeys(member)]),
  );
}

/** Codes that only one of the two has, `+` before those that come and `-` before those that go. A failure's own code is one of them. */
export function differingCodes(before: Verdict, after: Verdict): readonly string[] {
  const [had, has] = [codesOf(before), codesOf(after)];
  return [
    ...has.filter((code) => !had.includes(code)).map((code) => `+${code}`),
    ...had.filter((code) => !has.includes(code)).map((code) => `-${code}`),
  ];
}

function codesOf(verdict: Verdict): readonly string[] {
  return 'failed' in verdict ? [verdict.failed] : verdict.codes;
}
