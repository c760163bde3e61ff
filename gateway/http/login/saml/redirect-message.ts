import { type KeyObject, verify, X509Certificate } from 'node:crypto';
import { inflateRawSync } from 'node:zlib';
import { XmlProblem } from './xml.ts';

const algorithms: ReadonlyMap<string, string> = new Map([
  ['http://www.w3.org/2001/04/xmldsig-more#rsa-sha256', 'sha256'],
  ['http://www.w3.org/2001/04/xmldsig-more#rsa-sha512', 'sha512'],
]);

const longest = 64 * 1024;
const fields = ['SAMLRequest', 'RelayState', 'SigAlg', 'Signature'];

export interface RedirectMessage {
  readonly xml: string;
  readonly relayState?: string;
}

/**
 * Reads a request of the HTTP redirect binding whose signature holds (SAML 2.0 Bindings section 3.4.4.1). The signature is over the query as it was
 * sent, so it is taken apart here and not by a general parser: each field at most once, in its plain name, and nothing besides.
 *
 * node-saml is not asked: it takes a message without a signature, and SHA-1.
 *
 * @param query as sent, without the question mark
 * @param certificates PEM; any of them may have signed
 * @throws XmlProblem
 */
export function readRedirectRequest(query: string, certificates: readonly string[]): RedirectMessage {
  const sent = new Map<string, string>();
  for (const part of query.split('&')) {
    const at = part.indexOf('=');
    const name = part.slice(0, Math.max(at, 0));
    if (!fields.includes(name) || sent.has(name)) throw new XmlProblem('the query holds other or repeated fields');
    sent.set(name, part);
  }
  const value = (name: string) => decode(sent.get(name)?.slice(name.length + 1));
  const [message, algorithm, signature] = [value('SAMLRequest'), value('SigAlg'), value('Signature')];
  if (message === undefined || algorithm === undefined || signature === undefined) throw new XmlProblem('the message is not signed');
  const hash = algorithms.get(algorithm);
  if (hash === undefined) throw new XmlProblem('the signature has an algorithm that is not allowed');
  const signed = Buffer.from(['SAMLRequest', 'RelayState', 'SigAlg'].flatMap((name) => sent.get(name) ?? []).join('&'));
  const given = Buffer.from(signature, 'base64');
  const keys = certificates.map((certificate): KeyObject => new X509Certificate(certificate).publicKey);
  if (!keys.some((key) => verify(hash, signed, key, given))) throw new XmlProblem('the signature does not hold');
  const relayState = value('RelayState');
  return { xml: inflate(message), ...(relayState === undefined ? {} : { relayState }) };
}

function decode(text: string | undefined): string | undefined {
  try {
    return text === undefined ? undefined : decodeURIComponent(text.replaceAll('+', ' '));
  } catch (cause) {
    throw new XmlProblem('the query is malformed', { cause });
  }
}

function inflate(base64: string): string {
  try {
    return inflateRawSync(Buffer.from(base64, 'base64'), { maxOutputLength: longest }).toString('utf8');
  } catch (cause) {
    throw new XmlProblem('the message cannot be unpacked, or is too long', { cause });
  }
}
