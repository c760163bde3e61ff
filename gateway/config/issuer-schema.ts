import { z } from 'zod';

const path = z.string().min(1).describe('A path; relative ones start at the folder of this file.');
const claimPath = z.string().min(1).max(256).describe('A dotted path into the token, e.g. realm_access.roles.');
const kind = z.enum(['person', 'service', 'agent', 'team']);
const algorithm = z.enum(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA']);
const names = z.array(z.string());

const subject = z.strictObject({
  kind: kind
    .optional()
    .describe('What the party is, where kind_claim does not say. Default: person; service for issuers of kind spiffe or kubernetes.'),
  kind_claim: claimPath.optional().describe('A claim whose value, looked up in kinds, says what the party is.'),
  kinds: z.record(z.string(), kind).default({}).describe('Value of kind_claim → kind.'),
  id: claimPath
    .optional()
    .describe('A stable subject; never an e-mail address. Default: sub; namespace/name for issuers of kind kubernetes.'),
  roles: claimPath.optional().describe('Where the token lists roles.'),
  groups: claimPath.optional().describe('Where the token lists groups.'),
  group_roles: z.record(z.string(), names).default({}).describe('Group → roles that it gives.'),
  id_roles: z
    .record(z.string().min(1).max(255), names)
    .default({})
    .describe('Id → roles that it gives. An entry that ends in /* stands for every id below it.'),
});

const issuerSettings = z.strictObject({
  alias: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,31}$/, 'expected lower-case letters, digits and dashes, at most 32')
    .describe('Prefix of the ids of this issuer: okta:00u1.'),
  kind: z
    .enum(['oauth', 'spiffe', 'kubernetes'])
    .default('oauth')
    .describe('spiffe: JWT-SVIDs of a trust domain. kubernetes: service-account tokens of a cluster. oauth: any other JWTs.'),
  issuer: z.string().min(1).optional().describe('Compared exactly with the iss claim. Only JWT-SVIDs may have none.'),
  trust_domain: z
    .string()
    .regex(/^[a-z0-9._-]{1,255}$/, 'expected a SPIFFE trust domain such as example.org, without spiffe://')
    .optional()
    .describe('For kind: spiffe. Tokens of another trust domain are refused.'),
  jwks_url: z
    .url({ protocol: /^https?$/, error: 'expected a URL that starts with https:// (or http://)' })
    .optional()
    .describe('Where the issuer publishes its keys. Set this or jwks_file.'),
  jwks_file: path.optional().describe('A JWKS file, read again when it changes. Set this or jwks_url.'),
  ca: path.optional().describe('PEM of additional roots for jwks_url.'),
  audiences: z.array(z.string().min(1)).min(1).describe('A token must be meant for one of these.'),
  algorithms: z.array(algorithm).min(1).describe('JWS algorithms that tokens may be signed with.'),
  types: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .describe('Accepted typ headers; none accepts its absence. Default: at+jwt, JWT, none; for kind: spiffe JWT, JOSE, none.'),
  certificate_bound: z
    .boolean()
    .default(false)
    .describe('Refuse tokens that are not bound to a client certificate (RFC 8705). Bound ones need it in any case.'),
  clock_skew_seconds: z.int().min(0).max(86_400).default(30).describe('How far clocks may differ.'),
  max_lifetime_seconds: z.int().min(60).max(31_536_000).default(86_400).describe('Tokens that live longer are refused.'),
  subject: subject.prefault({}).describe('How the claims name the subject.'),
  actor: subject.optional().describe('Mapping of RFC 8693 act; without it a token with act is refused.'),
  max_actors: z.int().min(1).max(8).default(3).describe('Deepest nesting of act.'),
  claims: z.array(z.string().min(1)).default([]).describe('Claims that policy may read.'),
  device: z
    .strictObject({ id: claimPath, managed: claimPath.optional(), os: claimPath.optional() })
    .optional()
    .describe('Claims that attest the device.'),
});

/** An issuer of tokens, as people write it. */
export const issuer = issuerSettings
  .refine(({ jwks_url: url, jwks_file: file }) => (url === undefined) !== (file === undefined), 'set exactly one of jwks_url and jwks_file')
  .refine(({ jwks_file: file, ca }) => file === undefined || ca === undefined, { path: ['ca'], error: 'is for jwks_url only' })
  .refine(({ kind: of, issuer: name }) => of === 'spiffe' || name !== undefined, { path: ['issuer'], error: 'set the iss of its tokens' })
  .refine(({ kind: of, trust_domain: domain }) => (of === 'spiffe') === (domain !== undefined), {
    path: ['trust_domain'],
    error: 'kind: spiffe needs a trust domain, and only it has one',
  });

export type IssuerFile = z.infer<typeof issuer>;
