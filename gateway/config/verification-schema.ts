import { z } from 'zod';

const path = z.string().min(1);
const id = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._:/-]{0,127}$/, 'expected letters, digits and . _ : / -, at most 128');
const algorithm = z.enum([
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'HS256',
  'HS384',
  'HS512',
]);

const key = z
  .strictObject({
    id: id.describe('What signatures name it by, in kid or keyid.'),
    algorithm: algorithm.describe('The only JWS algorithm that signatures with this key may have been made with.'),
    public_key: path.optional().describe('PEM of the public key or of a certificate. Read at each new bundle.'),
    secret_file: path
      .optional()
      .describe('For HS: the secret, byte for byte, a newline at its end included, as opa reads it. Whoever can read it can sign.'),
  })
  .refine(({ algorithm: name, public_key: pem }) => name.startsWith('HS') === (pem === undefined), {
    path: ['public_key'],
    error: 'is for RS, PS, ES and EdDSA, which need it; HS needs secret_file',
  })
  .refine(({ algorithm: name, secret_file: file }) => name.startsWith('HS') === (file !== undefined), {
    path: ['secret_file'],
    error: 'is for HS, which needs it; the others need public_key',
  });

/** Whose signatures bundles must bear, as people write it: `policy.verification`. */
export const verification = z
  .strictObject({
    keys: z.array(key).min(1).max(16).describe('Signatures made with one of these count.'),
    scope: z.string().max(256).default('').describe('What the scope of a signature must be; none, unless set.'),
    allow_downgrade: z
      .boolean()
      .default(false)
      .describe('Accept bundles that are older than one that has been active, and signatures without a version, as opa makes them.'),
    versions_file: path
      .default('.regate/bundle-versions.json')
      .describe('Where the newest version of each bundle is kept, so that a restart does not forget it.'),
  })
  .describe('Bundles must be signed. Without this section signatures are not looked at.');

export type VerificationFile = z.infer<typeof verification>;
