import { createPrivateKey, generateKeyPairSync, type KeyObject, X509Certificate } from 'node:crypto';
import { mkdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Breakage } from '../errors.ts';
import type { Clock } from '../vocabulary/clock.ts';
import { localhostOnly } from './name-constraints.ts';
import { placeFile, placeNewFile } from './place-file.ts';

export interface DevelopmentCertificateNeeds {
  /** Absolute path; made where it is missing. Holds `ca.pem`, `ca-key.pem`, `localhost.pem`, `localhost-key.pem`. */
  readonly directory: string;
  readonly clock: Clock;
}

export interface DevelopmentCertificate {
  /** The file that an application has to trust. */
  readonly caPath: string;
  /** PEM of the certificate for localhost, 127.0.0.1 and ::1. The CA is not part of it: who trusts the CA has it. */
  readonly certificate: string;
  /** PEM of its private key. */
  readonly key: string;
  /** What this call made: a CA, which applications have to load, and a certificate; a certificate; or nothing. */
  readonly made: 'authority' | 'certificate' | undefined;
}

interface Authority {
  readonly certificate: X509Certificate;
  readonly key: KeyObject;
}

const subject = 'CN=Regate development CA (this machine only)';
const names = [
  { type: 'dns', value: 'localhost' },
  { type: 'ip', value: '127.0.0.1' },
  { type: 'ip', value: '::1' },
] as const;

const hour = 3_600_000;
const day = 24 * hour;
const authorityLifetime = 365 * day;
const certificateLifetime = 30 * day;
/** What ends sooner is renewed. */
const margin = 7 * day;
/** Containers and virtual machines run behind at times; a certificate is good from a little before it was made. */
const backdate = hour;

/**
 * Gives the certificate for this machine that development runs with, and makes what is missing: a CA of its own (one year, its key for the owner
 * only, good for nothing but localhost) and a certificate under it (30 days). What ends within seven days is renewed. A damaged
 * certificate is made anew. A damaged CA is not: applications trust it, so its owner has to know.
 *
 * Several processes may start on one empty directory: they agree on one key of the CA.
 *
 * @throws Breakage `gateway.error`, with what to delete or to change
 */
export async function ensureDevelopmentCertificate(needs: DevelopmentCertificateNeeds): Promise<DevelopmentCertificate> {
  const { directory, clock } = needs;
  try {
    await prepareDirectory(directory);
    const now = clock.now();
    const { authority, made } = await ensureAuthority(directory, now);
    const caPath = join(directory, 'ca.pem');
    const known = made ? undefined : await readCertificate(directory, authority, now);
    if (known !== undefined) return { caPath, ...known, made: undefined };
    return { caPath, ...(await makeCertificate(directory, authority, now)), made: made ? 'authority' : 'certificate' };
  } catch (cause) {
    if (cause instanceof Breakage) throw cause;
    throw broken(`The development certificate cannot be read or made in ${directory}. Check that the gateway may write there.`, cause);
  }
}

async function prepareDirectory(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  if (((await stat(directory)).mode & 0o022) !== 0) {
    throw broken(
      `Other users may write to ${directory}, so they could put a CA of theirs there. Run: chmod 700 ${directory}, or choose another directory.`,
    );
  }
}

async function ensureAuthority(directory: string, now: number): Promise<{ readonly authority: Authority; readonly made: boolean }> {
  const known = await readAuthority(directory, now);
  if (known !== undefined) {
    if (known.certificate.validToDate.getTime() - now > margin) return { authority: known, made: false };
    // The certificate goes first, so that an interruption never leaves it beside another's key.
    await rm(join(directory, 'ca.pem'), { force: true });
    await rm(join(directory, 'ca-key.pem'), { force: true });
  }
  await placeNewFile(join(directory, 'ca-key.pem'), exportKey(makeKey()), 0o600);
  // Read back: another process may have been first. Certificates that two of them issue for one key are good for each other.
  const key = await readAuthorityKey(directory);
  const { issueAuthority } = await import('./issue.ts');
  const pem = await issueAuthority(key, subject, span(now, authorityLifetime));
  await placeFile(join(directory, 'ca.pem'), pem, 0o644);
  return { authority: { certificate: new X509Certificate(pem), key }, made: true };
}

/** @returns `undefined` where there is no certificate yet, or one was interrupted in the making. @throws Breakage where it is no CA of ours */
async function readAuthority(directory: string, now: number): Promise<Authority | undefined> {
  const pem = await readIfThere(join(directory, 'ca.pem'));
  if (pem === undefined) return undefined;
  const certificate = parse(() => new X509Certificate(pem));
  if (certificate === undefined) throw damaged(directory, 'ca.pem is not a certificate');
  // Whatever else lies there, a corporate root for instance, would be trusted for every name.
  if (certificate.subject !== subject || !certificate.ca || !certificate.raw.includes(localhostOnly)) {
    throw damaged(directory, 'ca.pem was not made by Regate, or is not limited to localhost');
  }
  const key = await readAuthorityKey(directory);
  if (!certificate.checkPrivateKey(key)) throw damaged(directory, 'ca-key.pem is not the key of ca.pem');
  if (certificate.validFromDate.getTime() > now) {
    throw damaged(directory, "ca.pem is of a later time than this machine's clock shows; check the clock first");
  }
  return { certificate, key };
}

async function readAuthorityKey(directory: string): Promise<KeyObject> {
  const path = join(directory, 'ca-key.pem');
  const pem = await readIfThere(path);
  if (pem === undefined) throw damaged(directory, 'ca-key.pem is missing');
  if (await isOpen(path)) throw damaged(directory, 'ca-key.pem is open to other users of this machine');
  const key = parse(() => createPrivateKey(pem));
  if (key?.asymmetricKeyDetails?.namedCurve !== 'prime256v1') throw damaged(directory, 'ca-key.pem is not a key that Regate made');
  return key;
}

/** @returns `undefined` where a new one has to be made, for whatever reason */
async function readCertificate(directory: string, authority: Authority, now: number) {
  const keyPath = join(directory, 'localhost-key.pem');
  const certificate = await readIfThere(join(directory, 'localhost.pem'));
  const key = await readIfThere(keyPath);
  if (certificate === undefined || key === undefined || (await isOpen(keyPath))) return undefined;
  const parsed = parse(() => ({ certificate: new X509Certificate(certificate), key: createPrivateKey(key) }));
  return parsed !== undefined && isUsable(parsed, authority, now) ? { certificate, key } : undefined;
}

function isUsable({ certificate, key }: Authority, authority: Authority, now: number): boolean {
  return (
    certificate.checkPrivateKey(key) &&
    certificate.checkIssued(authority.certificate) &&
    certificate.verify(authority.certificate.publicKey) &&
    names.every(({ type, value }) => (type === 'dns' ? certificate.checkHost(value) : certificate.checkIP(value)) !== undefined) &&
    certificate.validFromDate.getTime() <= now &&
    certificate.validToDate.getTime() - now > margin
  );
}

async function makeCertificate(directory: string, authority: Authority, now: number) {
  const key = makeKey();
  const { issueServer } = await import('./issue.ts');
  // Never beyond the CA's own end: a chain is only as good as its shortest certificate.
  const lifetime = Math.min(certificateLifetime, authority.certificate.validToDate.getTime() - now);
  const certificate = await issueServer(key, { key: authority.key, subject }, names, span(now, lifetime));
  const pem = exportKey(key);
  await placeFile(join(directory, 'localhost-key.pem'), pem, 0o600);
  await placeFile(join(directory, 'localhost.pem'), certificate, 0o644);
  return { certificate, key: pem };
}

function makeKey(): KeyObject {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
}

function exportKey(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}

function span(now: number, lifetime: number) {
  return { notBefore: new Date(now - backdate), notAfter: new Date(now + lifetime) };
}

/** Says whether anybody but its owner may touch a file. A key that was open may be in other hands. */
async function isOpen(path: string): Promise<boolean> {
  return ((await stat(path)).mode & 0o077) !== 0;
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** What does not parse is `undefined`; the caller says what that means. */
function parse<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

function damaged(directory: string, what: string): Breakage {
  return broken(
    `The development CA in ${directory} cannot be used: ${what}. Delete ca.pem and ca-key.pem there; the next start makes a new CA, which applications have to trust anew.`,
  );
}

function broken(message: string, cause?: unknown): Breakage {
  return new Breakage('gateway.error', message, cause === undefined ? {} : { cause });
}
