import { z } from 'zod';

const path = z.string().min(1).describe('A path; relative ones start at the folder of this file.');
const claimPath = z.string().min(1).max(256).describe('A dotted path into the token, e.g. device.id.');
const alias = z.string().regex(/^[a-z][a-z0-9-]{0,31}$/, 'expected lower-case letters, digits and dashes, at most 32');
const algorithm = z.enum(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA']);

const own = z
  .strictObject({
    alias: alias.describe('The name that policy and records know it by.'),
    issuer: z.string().min(1).describe('Compared exactly with the iss claim.'),
    jwks_url: z
      .url({ protocol: /^https?$/, error: 'expected a URL that starts with https:// (or http://)' })
      .optional()
      .describe('Where it publishes its keys. Set this or jwks_file.'),
    jwks_file: path.optional().describe('A JWKS file, read again when it changes. Set this or jwks_url.'),
    ca: path.optional().describe('PEM of additional roots for jwks_url.'),
    algorithms: z.array(algorithm).min(1).describe('JWS algorithms that its tokens may be signed with.'),
  })
  .refine(({ jwks_url: url, jwks_file: file }) => (url === undefined) !== (file === undefined), 'set exactly one of jwks_url and jwks_file')
  .refine(({ jwks_file: file, ca }) => file === undefined || ca === undefined, { path: ['ca'], error: 'is for jwks_url only' });

/** Device tokens, as people write them. */
export const deviceToken = z.strictObject({
  header: z
    .string()
    .regex(/^[a-z0-9-]+$/, 'expected a lower-case header name')
    .describe('The header that the token comes in. It is never sent to a backend.'),
  issuer: z.union([alias, own]).describe('The alias of one of identity.issuers, or an issuer of device tokens only.'),
  audience: z.string().min(1).describe('The one audience that a device token must have. Access tokens must have another one.'),
  max_age_seconds: z.int().min(30).max(86_400).default(600).describe('Tokens that live longer are refused.'),
  clock_skew_seconds: z.int().min(0).max(300).default(30).describe('How far clocks may differ.'),
  types: z
    .array(z.string().min(1))
    .min(1)
    .default(['device+jwt', 'JWT'])
    .describe('Accepted typ headers; none accepts its absence. Never that of access tokens, at+jwt.'),
  bound_to: z
    .enum(['principal', 'certificate'])
    .default('principal')
    .describe('principal: it must name somebody in the chain. certificate: it must name the client certificate (cnf.x5t#S256).'),
  principal: z
    .strictObject({
      claim: claimPath.default('sub').describe('The claim that names the person or workload.'),
      issuer: alias.optional().describe('Whose ids the claim holds, by alias. Default: issuer, where that is an alias.'),
    })
    .prefault({})
    .describe('For bound_to: principal.'),
  device: z
    .strictObject({ id: claimPath, managed: claimPath.optional(), os: claimPath.optional() })
    .describe('Claims that attest the device.'),
});

export type DeviceTokenFile = z.infer<typeof deviceToken>;
