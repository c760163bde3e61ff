import { z } from 'zod';

const path = z.string().min(1).describe('A path; relative ones start at the folder of this file.');
const variable = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'expected the name of an environment variable');

/** Virtual keys, as people write them. */
export const keys = z.strictObject({
  file: path.optional().describe('The hashed keys, as regate keys writes them. Leave it out where identity.database holds the keys.'),
  pepper_file: path.describe('The secret under which keys are hashed.'),
});

/** Revocations, as people write them. */
export const revocations = z.strictObject({
  file: path.describe('What has been taken back, as regate revoke writes it.'),
});

/** The database that many nodes share. */
export const database = z.strictObject({
  url: z
    .union([
      z.strictObject({ environment: variable }).describe('Read from this variable.'),
      z.strictObject({ file: path }).describe('Read from this file.'),
    ])
    .describe('Where postgresql://user:password@host:port/database comes from; it is a secret.'),
  ca: path.optional().describe('PEM of additional roots; TLS is then required.'),
  max_staleness_seconds: z
    .int()
    .min(5)
    .max(86_400)
    .default(900)
    .describe(
      'How long keys and revocations that are in memory count while the database is away. After that callers with keys are refused.',
    ),
});
