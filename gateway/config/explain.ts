import type { z } from 'zod';
import type { SettingPath } from './problem.ts';

export interface Explained {
  readonly path: SettingPath;
  readonly message: string;
}

type Issue = z.core.$ZodIssue;

/** What the schema says where its own wording would not help; `undefined` leaves its wording. Never the value. */
export function wordIssue(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code === 'invalid_type' && issue.input === undefined) return 'is missing';
  if (issue.input === null) return 'is empty; set it, or take the line out';
  if (issue.code === 'invalid_union' && issue.discriminator !== undefined) {
    const options = Array.isArray(issue['options']) ? `; expected one of ${issue['options'].join(', ')}` : '';
    return `unknown or missing${options}`;
  }
  return undefined;
}

/** Tells every problem by itself, at the setting that has it. Of the shapes that a value may have, the nearest one is explained. */
export function explainIssue(issue: Issue): readonly Explained[] {
  const path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part));
  const below = (inner: readonly Issue[]) =>
    inner.flatMap((each) => explainIssue(each)).map((each) => ({ path: [...path, ...each.path], message: each.message }));
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({ path: [...path, key], message: 'unknown setting, or one that does not go with the others here' }));
    case 'invalid_key':
      return below(issue.issues.slice(0, 1)).map(({ message }) => ({ path, message: `not a name that can stand here: ${message}` }));
    case 'invalid_union': {
      const [first, ...others] = issue.errors;
      if (first === undefined) return [{ path, message: issue.message }];
      return below(others.reduce((best, next) => (next.length < best.length ? next : best), first));
    }
    default:
      return [{ path, message: issue.message }];
  }
}
