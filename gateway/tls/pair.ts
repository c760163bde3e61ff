import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';

/** What a server needs to speak TLS: pass it to `createServer` and to `setSecureContext` whole, for the latter forgets what it is not told. */
export interface TlsContext {
  /** PEM: the server's certificate first, then those that lead to a root. */
  readonly cert: string;
  /** PEM. */
  readonly key: string;
  /** RFC 8996: older versions must not be used. */
  readonly minVersion: 'TLSv1.2';
}

export interface Pair {
  readonly context: TlsContext;
  /** The server's own certificate. */
  readonly leaf: X509Certificate;
}

/** A pair that no server could use. The message is a sentence for operators, with what to do; it holds nothing of either file. */
export class UnusablePair extends Error {
  override readonly name = 'UnusablePair';
}

const certificateBlock = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/**
 * Checks that a certificate and a key can serve TLS together.
 *
 * @param cert content of the certificate's file: PEM, the server's certificate first
 * @param key content of the key's file: PEM, not encrypted
 * @throws UnusablePair
 */
export function checkPair(cert: string, key: string): Pair {
  const chain = (cert.match(certificateBlock) ?? []).map(parseCertificate);
  const [leaf, ...others] = chain;
  if (leaf === undefined) throw new UnusablePair('The certificate file holds no certificate in PEM (-----BEGIN CERTIFICATE-----).');
  const privateKey = parseKey(key);
  if (!leaf.checkPrivateKey(privateKey)) {
    throw new UnusablePair(
      others.some((other) => other.checkPrivateKey(privateKey))
        ? "The server's own certificate must come first in the certificate file, before those of its issuers."
        : 'The key is not the key of the certificate. Replace both files together.',
    );
  }
  const context = { cert, key, minVersion: 'TLSv1.2' } as const;
  try {
    createSecureContext(context);
  } catch (cause) {
    throw new UnusablePair('TLS does not take this certificate and key; a key that is too short is the usual reason.', { cause });
  }
  return { context, leaf };
}

function parseCertificate(pem: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (cause) {
    throw new UnusablePair('The certificate file is damaged. Write it anew.', { cause });
  }
}

function parseKey(pem: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch (cause) {
    // PKCS #8 (RFC 7468 section 11) and the older form (RFC 1421) both say the word.
    throw new UnusablePair(
      /^(-----BEGIN ENCRYPTED|Proc-Type: 4,ENCRYPTED)/m.test(pem)
        ? 'The key is encrypted with a passphrase. Store it without one, readable by the gateway only.'
        : 'The key file holds no private key in PEM.',
      { cause },
    );
  }
}
