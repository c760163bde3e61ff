import { z } from 'zod';

/** The gateway's own tokens, as people write them. */
export const tokens = z.strictObject({
  issuer: z
    .url({ protocol: /^https?$/, error: 'expected a URL that starts with https://' })
    .refine(
      (url) => new URL(url).pathname === '/' && !url.endsWith('/'),
      'expected an origin such as https://gateway.example, without a path or a slash at the end',
    )
    .describe(
      'The origin under which clients reach the gateway: the iss of its tokens, and where its endpoints are. The same as login.public_url.',
    ),
  audience: z.string().min(1).max(255).default('regate').describe('The aud of its tokens.'),
  algorithm: z.enum(['ES256', 'RS256']).default('ES256').describe('With which they are signed.'),
  keys_directory: z
    .string()
    .min(1)
    .default('.regate/token-keys')
    .describe('Where the signing keys are kept; nodes of one gateway share it. Relative paths start at the folder of this file.'),
  access_seconds: z.int().min(60).max(3600).default(900).describe('Life of an access token. A policy may give less.'),
  max_actors: z.int().min(1).max(8).default(3).describe('Most actors that a token may name.'),
});
