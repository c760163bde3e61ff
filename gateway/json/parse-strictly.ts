import type { ErrorCode } from '../errors.ts';
import { jsonProblem, type ScanLimits } from './scan.ts';

/**
 * Reads a small JSON document in which every reader sees the same members.
 * @returns the object, or the code of the first problem (`json.*`)
 */
export function parseStrictly(
  bytes: Uint8Array,
  limits?: ScanLimits,
): { readonly value: Readonly<Record<string, unknown>> } | { readonly problem: ErrorCode } {
  const problem = jsonProblem(bytes, limits);
  if (problem !== undefined) return { problem };
  return { value: JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown> };
}
