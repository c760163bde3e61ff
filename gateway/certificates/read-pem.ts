import { MalformedDer } from './der.ts';

/**
 * Takes the blocks of one kind out of a PEM text (RFC 7468).
 *
 * @param label `CERTIFICATE`, `X509 CRL`
 * @returns the DER of each, in order
 * @throws MalformedDer where a block's base64 is damaged
 */
export function readPem(text: string, label: string): readonly Buffer[] {
  const block = new RegExp(`-----BEGIN ${label}-----([^-]*)-----END ${label}-----`, 'g');
  return [...text.matchAll(block)].map(([, body = '']) => {
    const base64 = body.replace(/\s+/g, '');
    if (!isBase64(base64)) throw new MalformedDer('a PEM block that is not base64');
    return Buffer.from(base64, 'base64');
  });
}

/** Canonical base64 with padding (RFC 4648 section 4): a text that decodes to bytes in one way only. */
export function isBase64(text: string): boolean {
  return text !== '' && text.length % 4 === 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(text);
}
