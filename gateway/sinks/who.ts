import type { DecisionLogEntry, RecordedLink } from '../vocabulary/record.ts';

type Person = Extract<RecordedLink, { roles: readonly string[] }>;

/** Who is behind an entry, and who acted for them: the first and the last principal of the chain. The same where there is one. */
export function whoOf(entry: DecisionLogEntry): { readonly originator?: Person; readonly caller?: Person } {
  if (!('identity' in entry)) return {};
  const principals = (entry.identity?.chain ?? []).filter((link): link is Person => 'roles' in link);
  const [originator, caller] = [principals[0], principals.at(-1)];
  return originator === undefined || caller === undefined ? {} : { originator, caller };
}
