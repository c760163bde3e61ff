/** What the mask does to one place. */
export interface MaskRule {
  /** The pointer as the policy wrote it, for the record. */
  readonly pointer: string;
  /** The pointer's parts, unescaped (RFC 6901 section 4). */
  readonly parts: readonly [string, ...string[]];
  readonly op: 'remove' | 'upsert';
  readonly value?: unknown;
}

// Where OPA lets a mask reach, and `detail`, which is ours.
const roots: ReadonlySet<string> = new Set(['input', 'result', 'nd_builtin_cache', 'metrics', 'error', 'detail']);
const badEscape = /~(?![01])/;

/**
 * Reads what `system/log/mask` answered, with OPA's meaning: a set (an array, after JSON) of pointers to erase, or of `{op, path, value}`.
 * @returns `undefined` where anything in it is not of that form: half a mask is none
 */
export function readMaskRules(answer: unknown): readonly MaskRule[] | undefined {
  if (!Array.isArray(answer)) return undefined;
  const rules: MaskRule[] = [];
  for (const item of answer as readonly unknown[]) {
    const rule = readRule(item);
    if (rule === undefined) return undefined;
    rules.push(rule);
  }
  return rules;
}

function readRule(item: unknown): MaskRule | undefined {
  if (typeof item === 'string') return withParts(item, 'remove', undefined);
  if (typeof item !== 'object' || item === null) return undefined;
  const { op, path, value = null } = item as { op?: unknown; path?: unknown; value?: unknown };
  if (typeof path !== 'string' || (op !== 'remove' && op !== 'upsert')) return undefined;
  return withParts(path, op, value);
}

function withParts(pointer: string, op: MaskRule['op'], value: unknown): MaskRule | undefined {
  if (!pointer.startsWith('/') || badEscape.test(pointer)) return undefined;
  const [root, ...deeper] = pointer.slice(1).split('/');
  if (root === undefined || !roots.has(root)) return undefined;
  const parts = deeper.map((part) => (part.includes('~') ? part.replaceAll('~1', '/').replaceAll('~0', '~') : part));
  return { pointer, parts: [root, ...parts], op, ...(op === 'upsert' && { value }) };
}
