import { type Refusal, refuse } from '../../errors.ts';
import type { PresentedCertificate } from '../../vocabulary/certificates.ts';

/** Where proxies put a certificate. Whatever is configured, these fields never stay among the headers: they could only be mistaken for facts. */
export const certificateFields: ReadonlySet<string> = new Set(['client-cert', 'client-cert-chain', 'x-forwarded-client-cert']);

/** The fields that were taken out of a head: name → values in order of appearance. */
export type Fields = ReadonlyMap<string, readonly string[]>;

/** Reads the certificate that a trusted proxy tells of; `undefined` where it tells of none, `certificate.malformed` where it cannot be read. */
export type ReadForwarded = (fields: Fields) => PresentedCertificate | Refusal | undefined;

const mostCertificates = 8;

/**
 * RFC 9440: `Client-Cert` holds the certificate, `Client-Cert-Chain` those that lead to its root, each as a byte sequence (RFC 8941 section
 * 3.3.5). The first field must stand once (section 2.2); the second is a list.
 */
export function readClientCert(fields: Fields): PresentedCertificate | Refusal | undefined {
  const [value, another] = fields.get('client-cert') ?? [];
  const chain = fields.get('client-cert-chain') ?? [];
  if (value === undefined) return chain.length === 0 ? undefined : malformed('a chain without a certificate');
  if (another !== undefined) return malformed('two certificates');
  const leaf = readByteSequence(value.trim());
  const others = chain.flatMap((line) => line.split(',')).map((part) => readByteSequence(part.trim()));
  if (others.length > mostCertificates) return malformed('too many certificates');
  if (leaf === undefined || !others.every((each) => each !== undefined)) return malformed('not a byte sequence');
  return { evidence: 'trusted-proxy', leaf, others };
}

function readByteSequence(text: string): Buffer | undefined {
  if (text.length < 3 || !text.startsWith(':') || !text.endsWith(':')) return undefined;
  return decode(text.slice(1, -1));
}

/** Canonical base64: the text that the bytes themselves give back. */
function decode(base64: string): Buffer | undefined {
  const bytes = Buffer.from(base64, 'base64');
  return bytes.length > 0 && bytes.toString('base64') === base64 ? bytes : undefined;
}

/**
 * `X-Forwarded-Client-Cert` of Envoy: elements of `Key=value` pairs. Only `Cert` and `Chain` (URL-encoded PEM) are used; `Hash`, `Subject`, `URI`
 * and `DNS` are what the proxy read out of the certificate, and the gateway reads it itself. There must be one element: with several, which is
 * what `APPEND_FORWARD` makes, the first may be the caller's own text.
 */
export function readForwardedClientCert(fields: Fields): PresentedCertificate | Refusal | undefined {
  const [value, another] = fields.get('x-forwarded-client-cert') ?? [];
  if (value === undefined) return undefined;
  const pairs = another === undefined ? splitElement(value) : undefined;
  if (pairs === undefined) return malformed('not exactly one element; set the proxy to SANITIZE_SET');
  const [leaf, beside] = readPemValue(pairs.get('cert')) ?? [];
  const chain = pairs.has('chain') ? readPemValue(pairs.get('chain')) : [];
  if (leaf === undefined || beside !== undefined) return malformed('no certificate; let the proxy set Cert');
  if (chain === undefined || chain.length > mostCertificates) return malformed('a chain that cannot be read');
  return { evidence: 'trusted-proxy', leaf, others: chain.filter((each) => !each.equals(leaf)) };
}

/** Values are plain, or quoted with `\"` for a quotation mark. A comma outside quotes begins another element. */
function splitElement(text: string): ReadonlyMap<string, string> | undefined {
  const pairs = new Map<string, string>();
  const pair = /([A-Za-z]+)=(?:"((?:[^"\\]|\\.)*)"|([^",;]*))(;|$)/y;
  while (pair.lastIndex < text.length) {
    const [, key, quoted, plain] = pair.exec(text) ?? [];
    if (key === undefined) return undefined;
    const name = key.toLowerCase();
    // DNS stands as often as there are names; a second certificate would be a choice.
    if (pairs.has(name) && (name === 'cert' || name === 'chain')) return undefined;
    pairs.set(name, quoted ?? plain ?? '');
  }
  return pairs;
}

function readPemValue(encoded: string | undefined): readonly Buffer[] | undefined {
  const pem = encoded === undefined ? undefined : decodeUrl(encoded);
  if (pem === undefined) return undefined;
  const blocks = [...pem.matchAll(/-----BEGIN CERTIFICATE-----([^-]+)-----END CERTIFICATE-----/g)];
  const bytes = blocks.map(([, body = '']) => decode(body.replace(/[\r\n]+/g, '')));
  return bytes.length > 0 && bytes.every((each) => each !== undefined) ? bytes : undefined;
}

function decodeUrl(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}

function malformed(detail: string): Refusal {
  return refuse('certificate.malformed', { detail });
}
