import { jsonProblem } from '../json/scan.ts';

/** A compact JWS (RFC 7515 section 7.1), taken apart and not yet believed. */
export interface SignatureToken {
  readonly header: Readonly<Record<string, unknown>>;
  readonly payload: Readonly<Record<string, unknown>>;
  /** What is signed. */
  readonly signed: Buffer;
  readonly signature: Buffer;
}

const segment = /^[A-Za-z0-9_-]+$/;
/** A payload lists every file of a bundle, at about 150 bytes each. */
const longest = 8 * 1024 * 1024;
const limits = { maxDepth: 16, maxValues: 200_000 };

/** @returns the token, or what is wrong with it */
export function readToken(token: string): SignatureToken | string {
  if (token.length > longest) return 'the signature is longer than that of any bundle';
  const parts = token.split('.');
  const [header = '', payload = '', signature = ''] = parts;
  if (parts.length !== 3 || !parts.every((part) => segment.test(part))) return 'the signature is not a JWT of three parts';
  const decoded = readObject(header);
  const claims = readObject(payload);
  if (decoded === undefined) return 'the header of the signature is not one strict JSON object';
  if (claims === undefined) return 'the payload of the signature is not one strict JSON object';
  return {
    header: decoded,
    payload: claims,
    signed: Buffer.from(`${header}.${payload}`, 'latin1'),
    signature: Buffer.from(signature, 'base64url'),
  };
}

function readObject(encoded: string): Readonly<Record<string, unknown>> | undefined {
  const bytes = Buffer.from(encoded, 'base64url');
  // RFC 7515 section 2: without padding, and with no bits that another reader would ignore.
  if (bytes.toString('base64url') !== encoded || jsonProblem(bytes, limits) !== undefined) return undefined;
  return JSON.parse(bytes.toString('utf8')) as Readonly<Record<string, unknown>>;
}
