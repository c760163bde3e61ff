import { hash, X509Certificate } from 'node:crypto';
import {
  type Element,
  expect,
  MalformedDer,
  readBits,
  readBoolean,
  readChildren,
  readCount,
  readOid,
  readOnly,
  readSerial,
  readTime,
  tags,
} from './der.ts';

/** A certificate, read once and strictly (RFC 5280). */
export interface ReadCertificate {
  /** For its key and for the check of its signature. */
  readonly x509: X509Certificate;
  /** SHA-256, base64url. */
  readonly thumbprint: string;
  /** As in `readSerial`. */
  readonly serial: string;
  /** DER of the names: the same name is the same bytes (section 7.1 lets a CA compare so, and every CA that copies its own name does). */
  readonly subject: Buffer;
  readonly issuer: Buffer;
  readonly signatureAlgorithm: string;
  readonly notBefore: number;
  readonly notAfter: number;
  /** Basic constraints: it may issue others. */
  readonly isAuthority: boolean;
  readonly pathLength?: number;
  /** Absent where the extension is. */
  readonly keyUsage?: { readonly digitalSignature: boolean; readonly keyCertSign: boolean; readonly crlSign: boolean };
  /** Object identifiers; absent where the extension is. */
  readonly extendedKeyUsage?: readonly string[];
  readonly commonNames: readonly string[];
  /** Of the subject alternative name, each as its own value: nothing has to be split out of a joined text. */
  readonly dnsNames: readonly string[];
  readonly uris: readonly string[];
  /** What cannot be honoured here and must be: object identifiers of critical extensions, and name constraints. */
  readonly unsupported: readonly string[];
}

const longestCertificate = 16_384;

const oids = {
  commonName: '2.5.4.3',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  nameConstraints: '2.5.29.30',
  extendedKeyUsage: '2.5.29.37',
} as const;

/**
 * Reads a certificate.
 *
 * The names are taken from the bytes and not from a library's text of them: in a joined text, a name that holds a comma or a quotation mark can
 * look like two.
 *
 * @param der exactly one certificate
 * @throws MalformedDer
 */
export function readCertificate(der: Uint8Array): ReadCertificate {
  const bytes = Buffer.from(der.buffer, der.byteOffset, der.byteLength);
  if (bytes.length > longestCertificate) throw new MalformedDer('a certificate that is too long');
  const [tbs, algorithm, , more] = readChildren(readOnly(bytes, tags.sequence).content);
  const fields = readChildren(expect(tbs, tags.sequence).content);
  if (algorithm === undefined || more !== undefined) throw new MalformedDer('a certificate has three parts');
  const [version, serial, innerAlgorithm, issuer, validity, subject, , ...rest] = fields;
  // Version 3 is [0] { 2 }: earlier ones have no extensions, so nothing says what they are for.
  if (version?.tag !== 0xa0 || readCount(readOnly(version.content, tags.integer)) !== 2)
    throw new MalformedDer('not a version 3 certificate');
  // RFC 5280 section 4.1.1.2: both must be the same.
  if (innerAlgorithm === undefined || !innerAlgorithm.whole.equals(algorithm.whole)) throw new MalformedDer('two signature algorithms');
  const [notBefore, notAfter] = readChildren(expect(validity, tags.sequence).content);
  if (notBefore === undefined || notAfter === undefined) throw new MalformedDer('no validity');
  const subjectName = expect(subject, tags.sequence);
  return {
    x509: parse(bytes),
    thumbprint: hash('sha256', bytes, 'base64url'),
    serial: readSerial(expect(serial, tags.integer)),
    subject: subjectName.whole,
    issuer: expect(issuer, tags.sequence).whole,
    signatureAlgorithm: algorithmOf(algorithm),
    notBefore: readTime(notBefore),
    notAfter: readTime(notAfter),
    commonNames: readCommonNames(subjectName),
    ...readExtensions(rest.find(({ tag }) => tag === 0xa3)),
  };
}

function parse(bytes: Buffer): X509Certificate {
  try {
    return new X509Certificate(bytes);
  } catch {
    // OpenSSL's message may quote what it read.
    throw new MalformedDer('OpenSSL does not take the certificate');
  }
}

/** The algorithm's identifier, without its parameters. */
export function algorithmOf(identifier: Element): string {
  return readOid(expect(readChildren(expect(identifier, tags.sequence).content)[0], tags.oid));
}

function readCommonNames(name: Element): readonly string[] {
  return readChildren(name.content)
    .flatMap((set) => readChildren(expect(set, tags.set).content))
    .map((attribute) => readChildren(expect(attribute, tags.sequence).content))
    .filter(([type]) => type !== undefined && readOid(expect(type, tags.oid)) === oids.commonName)
    .map(([, value]) => readText(value));
}

/** Other string types have no encoding that everybody agrees on; what cannot be read as one thing is no name. */
function readText(value: Element | undefined): string {
  if (value?.tag === tags.utf8String) return new TextDecoder('utf-8', { fatal: false }).decode(value.content);
  if (value?.tag === tags.printableString || value?.tag === tags.ia5String) return value.content.toString('latin1');
  return '';
}

type Extensions = Pick<
  ReadCertificate,
  'isAuthority' | 'pathLength' | 'keyUsage' | 'extendedKeyUsage' | 'dnsNames' | 'uris' | 'unsupported'
>;

function readExtensions(wrapper: Element | undefined): Extensions {
  const found = new Map<string, { readonly critical: boolean; readonly value: Buffer }>();
  if (wrapper !== undefined) {
    for (const extension of readChildren(readOnly(wrapper.content, tags.sequence).content)) {
      const { oid, critical, value } = readExtension(extension);
      // Section 4.2: no extension twice. Two readers could each believe another one.
      if (found.has(oid)) throw new MalformedDer('an extension that stands twice');
      found.set(oid, { critical, value });
    }
  }
  const basic = found.get(oids.basicConstraints)?.value;
  const usage = found.get(oids.keyUsage)?.value;
  const extended = found.get(oids.extendedKeyUsage)?.value;
  const names = found.get(oids.subjectAltName)?.value;
  const known: ReadonlySet<string> = new Set([oids.basicConstraints, oids.keyUsage, oids.extendedKeyUsage, oids.subjectAltName]);
  const unsupported = [...found].filter(([oid, { critical }]) => oid === oids.nameConstraints || (critical && !known.has(oid)));
  return {
    ...readBasicConstraints(basic),
    ...(usage === undefined ? {} : { keyUsage: readKeyUsage(usage) }),
    ...(extended === undefined
      ? {}
      : { extendedKeyUsage: readChildren(readOnly(extended, tags.sequence).content).map((each) => readOid(expect(each, tags.oid))) }),
    ...readNames(names),
    unsupported: unsupported.map(([oid]) => oid),
  };
}

/** One extension of a certificate or of a revocation list. */
export function readExtension(extension: Element): { readonly oid: string; readonly critical: boolean; readonly value: Buffer } {
  const [oid, second, third] = readChildren(expect(extension, tags.sequence).content);
  const critical = second?.tag === tags.boolean;
  const value = expect(critical ? third : second, tags.octetString).content;
  return { oid: readOid(expect(oid, tags.oid)), critical: critical && readBoolean(second), value };
}

function readBasicConstraints(value: Buffer | undefined): Pick<Extensions, 'isAuthority' | 'pathLength'> {
  const [first, second] = value === undefined ? [] : readChildren(readOnly(value, tags.sequence).content);
  const isAuthority = first?.tag === tags.boolean && readBoolean(first);
  const length = first?.tag === tags.boolean ? second : first;
  return { isAuthority, ...(length === undefined ? {} : { pathLength: readCount(expect(length, tags.integer)) }) };
}

function readKeyUsage(value: Buffer): NonNullable<Extensions['keyUsage']> {
  const bits = readBits(readOnly(value, tags.bitString));
  return { digitalSignature: bits[0] === true, keyCertSign: bits[5] === true, crlSign: bits[6] === true };
}

/** GeneralName: [2] dNSName and [6] uniformResourceIdentifier, both IA5String (section 4.2.1.6). */
function readNames(value: Buffer | undefined): Pick<Extensions, 'dnsNames' | 'uris'> {
  const names = value === undefined ? [] : readChildren(readOnly(value, tags.sequence).content);
  const of = (tag: number) => names.filter((name) => name.tag === tag).map(({ content }) => content.toString('latin1'));
  return { dnsNames: of(0x82), uris: of(0x86) };
}
