import { verify } from 'node:crypto';
import { type Element, expect, MalformedDer, readChildren, readOnly, readSerial, readTime, tags } from './der.ts';
import { algorithmOf, type ReadCertificate, readExtension } from './read-certificate.ts';
import { readPem } from './read-pem.ts';

/** A certificate revocation list (RFC 5280 section 5). */
export interface RevocationList {
  /** DER of the issuer's name. */
  readonly issuer: Buffer;
  readonly thisUpdate: number;
  readonly nextUpdate: number;
  readonly revoked: ReadonlySet<string>;
  /** What is signed, and with what. */
  readonly signed: Buffer;
  readonly algorithm: string;
  readonly signature: Buffer;
}

/** Algorithm → the hash that `verify` is told; Ed25519 has its own. */
const hashes: ReadonlyMap<string, string | null> = new Map([
  ['1.2.840.113549.1.1.11', 'sha256'],
  ['1.2.840.113549.1.1.12', 'sha384'],
  ['1.2.840.113549.1.1.13', 'sha512'],
  ['1.2.840.10045.4.3.2', 'sha256'],
  ['1.2.840.10045.4.3.3', 'sha384'],
  ['1.2.840.10045.4.3.4', 'sha512'],
  ['1.3.101.112', null],
]);

/**
 * Reads the lists of a file: PEM, or one in DER. A list with a critical extension that is not honoured here (delta lists, lists that cover only
 * some certificates) is not a list to rely on.
 *
 * @param bytes of the file
 * @throws MalformedDer
 */
export function readRevocationLists(bytes: Buffer): readonly RevocationList[] {
  const lists = bytes[0] === tags.sequence ? [bytes] : readPem(bytes.toString('latin1'), 'X509 CRL');
  if (lists.length === 0) throw new MalformedDer('the file holds no revocation list');
  return lists.map(readList);
}

function readList(bytes: Buffer): RevocationList {
  const [tbs, algorithm, signature, more] = readChildren(readOnly(bytes, tags.sequence).content);
  if (algorithm === undefined || more !== undefined) throw new MalformedDer('a revocation list has three parts');
  const signed = expect(tbs, tags.sequence);
  const fields = readChildren(signed.content);
  // Version 1, which `openssl ca` writes unless told otherwise, has no number. Version 2 is the integer 1.
  const version = fields[0]?.tag === tags.integer ? fields.shift() : undefined;
  if (version !== undefined && version.content.toString('hex') !== '01') throw new MalformedDer('a list of an unknown version');
  const [inner, issuer, thisUpdate, nextUpdate, ...rest] = fields;
  if (inner === undefined || !inner.whole.equals(algorithm.whole)) throw new MalformedDer('two signature algorithms');
  // Section 5.1.2.5: conforming issuers say when the next list comes. Without it no list would ever be stale.
  if (thisUpdate === undefined || nextUpdate === undefined || nextUpdate.tag === tags.sequence)
    throw new MalformedDer('no time of the next list');
  const entries = rest.find(({ tag }) => tag === tags.sequence);
  const extensions = rest.find(({ tag }) => tag === 0xa0);
  if (extensions !== undefined) refuseCritical(readOnly(extensions.content, tags.sequence));
  const { content } = expect(signature, tags.bitString);
  return {
    issuer: expect(issuer, tags.sequence).whole,
    thisUpdate: readTime(thisUpdate),
    nextUpdate: readTime(nextUpdate),
    revoked: new Set(entries === undefined ? [] : readChildren(entries.content).map(readEntry)),
    signed: signed.whole,
    algorithm: algorithmOf(algorithm),
    signature: content.subarray(1),
  };
}

function readEntry(entry: Element): string {
  const [serial, , extensions] = readChildren(expect(entry, tags.sequence).content);
  // A critical "certificate issuer" would make the entry speak of somebody else's certificates.
  if (extensions !== undefined) refuseCritical(extensions);
  return readSerial(expect(serial, tags.integer));
}

function refuseCritical({ content }: Element): void {
  for (const extension of readChildren(content)) {
    if (readExtension(extension).critical) throw new MalformedDer('a revocation list of a kind that the gateway cannot honour');
  }
}

/** Says whether an issuer signed a list. */
export function isSignedBy({ algorithm, signed, signature, issuer }: RevocationList, by: ReadCertificate): boolean {
  const hash = hashes.get(algorithm);
  if (hash === undefined || !issuer.equals(by.subject) || by.keyUsage?.crlSign === false) return false;
  return verify(hash, signed, by.x509.publicKey, signature);
}
