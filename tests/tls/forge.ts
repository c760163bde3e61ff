import 'reflect-metadata';

import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { createServer, request, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import {
  BasicConstraintsExtension,
  type Extension,
  type JsonGeneralName,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';
import type { Clock } from '../../gateway/vocabulary/clock.ts';
import type { Logger } from '../../gateway/vocabulary/logger.ts';

export const day = 86_400_000;
const algorithm = { name: 'ECDSA', namedCurve: 'P-256' };

export function newKey(): KeyObject {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
}

export function toPem(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}

export interface Forged {
  readonly cert: string;
  readonly key: string;
}

/** Signs whatever is asked, with any key: what a thief of a CA's key could do. */
export async function forge(wish: {
  readonly issuer?: { readonly key: KeyObject; readonly subject: string };
  readonly subject: string;
  readonly names?: readonly JsonGeneralName[];
  readonly ca?: boolean;
  readonly key?: KeyObject;
  readonly notBefore?: number;
  readonly notAfter?: number;
}): Promise<Forged> {
  const key = wish.key ?? newKey();
  const extensions: Extension[] = [new BasicConstraintsExtension(wish.ca ?? false, undefined, true)];
  if (wish.names !== undefined) extensions.push(new SubjectAlternativeNameExtension([...wish.names]));
  const certificate = await X509CertificateGenerator.create({
    subject: wish.subject,
    issuer: wish.issuer?.subject ?? wish.subject,
    publicKey: createPublicKey(key).toCryptoKey(algorithm, true, ['verify']),
    signingKey: (wish.issuer?.key ?? key).toCryptoKey(algorithm, false, ['sign']),
    signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
    notBefore: new Date(wish.notBefore ?? Date.now() - day),
    notAfter: new Date(wish.notAfter ?? Date.now() + day),
    extensions,
  });
  return { cert: `${certificate.toString('pem')}\n`, key: toPem(key) };
}

/** A server that says hello; the test has to close it. */
export async function serve(pair: Forged): Promise<{ readonly server: Server; readonly port: number }> {
  const server = createServer({ cert: pair.cert, key: pair.key }, (_req, res) => void res.end('hello'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, port: (server.address() as AddressInfo).port };
}

/** @returns the answer's body, or the code and the message of the failure */
export function get(port: number, options: ConnectionOptions & { readonly host?: string }): Promise<string> {
  return new Promise((resolve) => {
    const req = request({ host: '127.0.0.1', port, agent: false, ...options }, (res) => {
      let text = '';
      res.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      res.on('end', () => resolve(text));
    });
    req.on('error', (error: NodeJS.ErrnoException) => resolve(`refused: ${error.code}: ${error.message}`));
    req.end();
  });
}

export function frozen(start: number): Clock & { at: number } {
  const clock = { at: start, now: () => clock.at, monotonic: () => clock.at };
  return clock;
}

export interface Line {
  readonly level: string;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>> | undefined;
}

export function listen(): { readonly logger: Logger; readonly lines: Line[] } {
  const lines: Line[] = [];
  const at =
    (level: string) =>
    (message: string, fields?: Readonly<Record<string, unknown>>): void =>
      void lines.push({ level, message, fields });
  return { lines, logger: { error: at('error'), warn: at('warn'), info: at('info'), debug: at('debug') } };
}
