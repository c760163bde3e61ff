import { isObject } from '../../json/is-object.ts';
import { jsonProblem } from '../../json/scan.ts';

/**
 * Parses a JSON object in which every reader sees the same members: RFC 7519 section 4 leaves it to the parser which of two equal claims counts,
 * so two parsers may see two different callers.
 *
 * @param bytes the decoded segment of a JWT
 * @returns the object, or `undefined` where the bytes are anything else
 */
export function parseStrictObject(bytes: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  if (jsonProblem(bytes) !== undefined) return undefined;
  const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
  return isObject(value) ? value : undefined;
}
