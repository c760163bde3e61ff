// The library below throws while it loads unless this came first.
import 'reflect-metadata';

import { createPublicKey, type KeyObject, webcrypto } from 'node:crypto';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';
import { localhostOnly } from './name-constraints.ts';

export interface Validity {
  readonly notBefore: Date;
  readonly notAfter: Date;
}

const nameConstraints = '2.5.29.30';
const algorithm = { name: 'ECDSA', namedCurve: 'P-256' };
const signingAlgorithm = { name: 'ECDSA', hash: 'SHA-256' };

/**
 * Issues the certificate of the development CA for a key: self-signed, no CA below it, names limited to this machine, servers only. The last
 * two are also what keeps it harmless in a program that does not separate the roots for servers from those for clients.
 *
 * @param key ECDSA P-256, private
 * @param subject distinguished name, e.g. `CN=…`
 * @returns PEM
 */
export async function issueAuthority(key: KeyObject, subject: string, validity: Validity): Promise<string> {
  const keys = open(key);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    ...validity,
    serialNumber: drawSerial(),
    name: subject,
    keys,
    signingAlgorithm,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
      new Extension(nameConstraints, true, localhostOnly),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return `${certificate.toString('pem')}\n`;
}

/**
 * Issues a certificate for a server on this machine.
 *
 * @param key ECDSA P-256, of the server
 * @param authority the CA's key and its distinguished name, exactly as it was issued
 * @returns PEM
 */
export async function issueServer(
  key: KeyObject,
  authority: { readonly key: KeyObject; readonly subject: string },
  names: readonly { readonly type: 'dns' | 'ip'; readonly value: string }[],
  validity: Validity,
): Promise<string> {
  const { publicKey } = open(key);
  const issuer = open(authority.key);
  const certificate = await X509CertificateGenerator.create({
    ...validity,
    serialNumber: drawSerial(),
    subject: 'CN=localhost',
    issuer: authority.subject,
    publicKey,
    signingKey: issuer.privateKey,
    signingAlgorithm,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
      new SubjectAlternativeNameExtension([...names]),
      await SubjectKeyIdentifierExtension.create(publicKey),
      // By key alone: a CA certificate that was issued anew for the same key stays good for it. Python 3.13 requires the extension.
      await AuthorityKeyIdentifierExtension.create(issuer.publicKey),
    ],
  });
  return `${certificate.toString('pem')}\n`;
}

function open(key: KeyObject): { readonly privateKey: webcrypto.CryptoKey; readonly publicKey: webcrypto.CryptoKey } {
  return {
    privateKey: key.toCryptoKey(algorithm, false, ['sign']),
    publicKey: createPublicKey(key).toCryptoKey(algorithm, true, ['verify']),
  };
}

/** 127 random bits: positive, and never used twice by one issuer (RFC 5280 section 4.1.2.2). */
function drawSerial(): string {
  const bytes = webcrypto.getRandomValues(new Uint8Array(16));
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return Buffer.from(bytes).toString('hex');
}
