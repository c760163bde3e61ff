import { z } from 'zod';

/*
 * The section `login`: how people log in at the gateway's own pages under /auth/. Without it there are no such pages.
 */

const path = z.string().min(1).describe('A path; relative ones start at the folder of this file.');
const alias = z.string().regex(/^[a-z][a-z0-9-]{0,31}$/, 'expected lower-case letters, digits and dashes, at most 32');
const claimPath = z.string().min(1).max(256).describe('A dotted path into the ID token, e.g. realm_access.roles.');
const attribute = z.string().min(1).max(256).describe('The exact name of an attribute.');
const httpUrl = z.url({ protocol: /^https?$/, error: 'expected a URL that starts with https:// (or http://)' });
const origin = httpUrl.regex(/^https?:\/\/[^/?#@]+\/?$/, 'expected an origin: scheme, host and port, without a path');
const algorithm = z.enum(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA']);
const groupRoles = z.record(z.string(), z.array(z.string())).default({}).describe('Group → roles that it gives.');
const name = z.string().min(1).max(64).optional().describe('What people read on the page; the alias unless said otherwise.');
const skew = z.int().min(0).max(86_400).default(30).describe('How far clocks may differ.');

const mfa = z
  .strictObject({
    amr: z.array(z.string().min(1)).default(['mfa']).describe('amr values (RFC 8176).'),
    acr: z.array(z.string().min(1)).default([]).describe('acr values or authentication contexts; they are also what a step-up asks for.'),
  })
  .prefault({})
  .describe('What the provider says when more than one factor was used.');

const oidc = z.strictObject({
  alias: alias.describe('Prefix of the ids of people: okta:00u1.'),
  name,
  issuer: httpUrl.describe('Compared exactly; the metadata is read from its well-known address.'),
  client_id: z.string().min(1).describe('As registered with the provider.'),
  client_secret_file: path.optional().describe('Absent for a public client.'),
  client_authentication: z
    .enum(['client_secret_basic', 'client_secret_post'])
    .default('client_secret_basic')
    .describe('How the secret is shown to the token endpoint.'),
  scopes: z.array(z.string().min(1)).default(['openid']).describe('What is asked for; openid is needed.'),
  algorithms: z
    .array(algorithm)
    .min(1)
    .default(['RS256', 'PS256', 'ES256', 'EdDSA'])
    .describe('JWS algorithms that ID tokens may be signed with.'),
  ca: path.optional().describe('PEM of additional roots for the provider.'),
  subject: claimPath.default('sub').describe('The claim with the stable subject; never an e-mail address.'),
  roles: claimPath.optional().describe('Where the ID token lists roles.'),
  groups: claimPath.optional().describe('Where the ID token lists groups.'),
  group_roles: groupRoles,
  claims: z.array(z.string().min(1)).default([]).describe('Claims that policy may read.'),
  mfa,
  clock_skew_seconds: skew,
});

const saml = z.strictObject({
  alias: alias.describe('Prefix of the ids of people: adfs:7f3a.'),
  name,
  metadata_file: path.describe("The identity provider's metadata, read again when it changes."),
  entity_id: z
    .string()
    .min(1)
    .max(1024)
    .optional()
    .describe("The gateway's own entity id; unless said otherwise the address of its metadata, <public_url>/auth/saml/<alias>/metadata."),
  subject_attribute: attribute.optional().describe('An attribute with a stable subject; without it the NameID must be persistent.'),
  roles: attribute.optional().describe('The attribute that lists roles.'),
  groups: attribute.optional().describe('The attribute that lists groups.'),
  group_roles: groupRoles,
  claims: z.array(attribute).default([]).describe('Attributes that policy may read.'),
  signing_key_file: path.optional().describe('Private key, PEM: signs requests. Needed for single logout.'),
  signing_certificate_file: path.optional().describe('Its certificate, PEM: published in the metadata.'),
  mfa,
  clock_skew_seconds: skew,
  max_assertion_age_seconds: z.int().min(10).max(3600).default(300).describe('An assertion that was issued longer ago is refused.'),
});

const store = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('memory') }).describe('One node; logins end with the process.'),
  z.strictObject({ kind: z.literal('sqlite'), file: path.default('.regate/sessions.db') }).describe('One node; logins survive a restart.'),
  z
    .strictObject({
      kind: z.literal('redis'),
      url: z
        .url({ protocol: /^rediss?$/, error: 'expected a URL that starts with rediss:// (or redis://)' })
        .describe('Host and port; no credentials.'),
      username: z.string().min(1).optional().describe('Of the ACL user.'),
      password_file: path.optional().describe('File with the password.'),
      ca: path.optional().describe('PEM of additional roots.'),
      prefix: z
        .string()
        .regex(/^[a-z0-9:_-]{1,64}$/, 'expected lower-case letters, digits and : _ -')
        .default('regate:')
        .describe('In front of every key.'),
    })
    .describe('Many nodes.'),
]);

export const login = z.strictObject({
  public_url: origin.describe('The origin under which browsers reach the gateway. All redirect URIs are made from it.'),
  sessions: z
    .strictObject({
      store: store.default({ kind: 'memory' }),
      secret_file: path
        .optional()
        .describe(
          'Secrets of 32 characters or more, one a line: the first signs cookies, all verify them. Needed but for the memory store.',
        ),
      absolute_seconds: z.int().min(60).max(2_592_000).default(43_200).describe('Longest life of a session.'),
      idle_seconds: z.int().min(60).max(2_592_000).default(3_600).describe('Longest time without use.'),
    })
    .prefault({}),
  oidc: z.array(oidc).default([]).describe('OpenID Connect providers.'),
  saml: z
    .array(
      saml.refine(
        ({ signing_key_file: key, signing_certificate_file: certificate }) => (key === undefined) === (certificate === undefined),
        'set both of signing_key_file and signing_certificate_file, or none',
      ),
    )
    .default([])
    .describe('SAML 2.0 identity providers.'),
});

export type LoginFile = z.infer<typeof login>;
