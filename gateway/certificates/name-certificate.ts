import type { AuthorityConfiguration } from '../vocabulary/certificates.ts';
import type { ReadCertificate } from './read-certificate.ts';
import { readSpiffeId } from './spiffe-id.ts';

/** What a certificate names, or why it names nothing. */
export type NameResult = { readonly name: string } | { readonly problem: string };

/** Printable ASCII without spaces: no null byte that cuts a name short elsewhere, no look-alike letters, nothing to trim. */
const word = /^[\x21-\x7e]{1,240}$/;
/** RFC 1123 names in lower case; a wildcard names many. */
const dnsName = /^(?=.{1,240}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;

/**
 * Says what a certificate names, by the authority's mapping. There must be exactly one name of the chosen kind: with two, whoever reads the first
 * and whoever reads the last would see two callers.
 */
export function nameCertificate(
  certificate: ReadCertificate,
  authority: Pick<AuthorityConfiguration, 'subject' | 'trustDomain'>,
): NameResult {
  const { from } = authority.subject;
  if (from === 'spiffe') return nameSvid(certificate, authority.trustDomain);
  const names = { uri: certificate.uris, dns: certificate.dnsNames, 'common-name': certificate.commonNames }[from];
  const [name, another] = names;
  if (name === undefined) return { problem: `no ${labels[from]}` };
  if (another !== undefined) return { problem: `more than one ${labels[from]}` };
  return (from === 'dns' ? dnsName : word).test(name) ? { name } : { problem: `a ${labels[from]} that cannot be an id` };
}

const labels = { uri: 'URI', dns: 'DNS name', 'common-name': 'common name' } as const;

/** X.509-SVID standard, sections 2 and 4: exactly one URI, which is a SPIFFE ID with a path, of the authority's own trust domain. */
function nameSvid({ uris, keyUsage }: ReadCertificate, trustDomain: string | undefined): NameResult {
  const [uri, another] = uris;
  if (uri === undefined || another !== undefined) return { problem: 'not exactly one URI' };
  const id = word.test(uri) ? readSpiffeId(uri) : undefined;
  if (id === undefined) return { problem: 'a URI that is no SPIFFE ID' };
  if (id.trustDomain !== trustDomain) return { problem: 'a SPIFFE ID of another trust domain' };
  if (id.path === '') return { problem: 'the SPIFFE ID of a whole trust domain' };
  return keyUsage === undefined ? { problem: 'an X.509-SVID without key usage' } : { name: uri };
}
