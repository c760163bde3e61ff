import 'reflect-metadata';

import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  Extension,
  type JsonGeneralName,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
  X509CrlGenerator,
} from '@peculiar/x509';

/*
 * Certification authorities for tests: they sign whatever they are asked to, so that a test can have what no honest one would issue.
 */

export const hour = 3_600_000;
const algorithm = { name: 'ECDSA', namedCurve: 'P-256' };
const signingAlgorithm = { name: 'ECDSA', hash: 'SHA-256' };

export interface Wish {
  readonly subject?: string;
  readonly names?: readonly JsonGeneralName[];
  readonly ca?: boolean;
  readonly pathLength?: number;
  /** Object identifiers; `none` leaves the extension out. */
  readonly usages?: readonly string[] | 'none';
  readonly keyUsage?: number | 'none';
  readonly notBefore?: number;
  readonly notAfter?: number;
  readonly serial?: string;
  readonly key?: KeyObject;
  readonly extensions?: readonly Extension[];
}

/** A certificate with its key. */
export interface Issued {
  readonly der: Buffer;
  readonly cert: string;
  readonly key: string;
  readonly keyObject: KeyObject;
  readonly subject: string;
}

export interface TestAuthority extends Issued {
  issue(wish: Wish): Promise<Issued>;
  /** A further authority below this one. */
  delegate(wish?: Wish): Promise<TestAuthority>;
  /** PEM of a revocation list. */
  revoke(serials: readonly string[], times?: { readonly thisUpdate?: number; readonly nextUpdate?: number }): Promise<string>;
}

/** The library, for tests that want what has no place in a wish: loading it by itself would throw. */
export { Extension, KeyUsageFlags };

export const clientAuth: string = ExtendedKeyUsage.clientAuth;
export const serverAuth: string = ExtendedKeyUsage.serverAuth;
export const authorityUsage: number = KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign;

let serials = 0;

/** A root of its own. `now` in milliseconds: what it issues is good from an hour before until an hour after, unless wished otherwise. */
export async function makeTestAuthority(subject: string, now: number, wish: Wish = {}): Promise<TestAuthority> {
  return withIssuer(await sign({ ca: true, usages: 'none', keyUsage: authorityUsage, subject, ...wish }, now), now);
}

function withIssuer(self: Issued, now: number): TestAuthority {
  const issue = (wish: Wish) => sign(wish, now, self);
  return {
    ...self,
    issue,
    delegate: async (wish = {}) =>
      withIssuer(await issue({ ca: true, usages: 'none', keyUsage: authorityUsage, subject: 'CN=Intermediate', ...wish }), now),
    async revoke(revoked, { thisUpdate = now - hour, nextUpdate = now + hour } = {}) {
      const list = await X509CrlGenerator.create({
        issuer: self.subject,
        thisUpdate: new Date(thisUpdate),
        nextUpdate: new Date(nextUpdate),
        entries: revoked.map((serialNumber) => ({ serialNumber, revocationDate: new Date(thisUpdate) })),
        signingAlgorithm,
        signingKey: self.keyObject.toCryptoKey(algorithm, false, ['sign']),
      });
      // The library labels the block CRL; RFC 7468 section 6 says X509 CRL.
      return `${list.toString('pem').replaceAll(' CRL-----', ' X509 CRL-----')}\n`;
    },
  };
}

async function sign(wish: Wish, now: number, issuer?: Issued): Promise<Issued> {
  const key = wish.key ?? generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  const subject = wish.subject ?? 'CN=somebody';
  const { usages = [clientAuth], keyUsage = KeyUsageFlags.digitalSignature } = wish;
  const extensions: Extension[] = [new BasicConstraintsExtension(wish.ca ?? false, wish.pathLength, true)];
  if (usages !== 'none') extensions.push(new ExtendedKeyUsageExtension([...usages]));
  if (keyUsage !== 'none') extensions.push(new KeyUsagesExtension(keyUsage, true));
  if (wish.names !== undefined) extensions.push(new SubjectAlternativeNameExtension([...wish.names]));
  const certificate = await X509CertificateGenerator.create({
    serialNumber: wish.serial ?? (++serials + 0x1000).toString(16),
    subject,
    issuer: issuer?.subject ?? subject,
    publicKey: createPublicKey(key).toCryptoKey(algorithm, true, ['verify']),
    signingKey: (issuer?.keyObject ?? key).toCryptoKey(algorithm, false, ['sign']),
    signingAlgorithm,
    notBefore: new Date(wish.notBefore ?? now - hour),
    notAfter: new Date(wish.notAfter ?? now + hour),
    extensions: [...extensions, ...(wish.extensions ?? [])],
  });
  return {
    der: Buffer.from(certificate.rawData),
    cert: `${certificate.toString('pem')}\n`,
    key: key.export({ type: 'pkcs8', format: 'pem' }).toString(),
    keyObject: key,
    subject,
  };
}
