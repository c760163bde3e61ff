import { z } from 'zod';
import { httpAccess } from './http-access-schema.ts';
import { verification } from './verification-schema.ts';

/*
 * Where policies come from: `policy.bundles`. The short form `policy.bundle`, one file, stands beside it in schema.ts.
 */

const path = z.string().min(1).describe('A path; relative ones start at the folder of this file.');
const root = z
  .string()
  .regex(/^[^/]+(\/[^/]+)*$/, 'expected a path into data such as roles or regate/lib, without slashes at the ends')
  .max(256);
const httpUrl = z.url({ protocol: /^https?$/, error: 'expected a URL that starts with https:// (or http://)' });
const ociReference = z
  .string()
  .regex(
    /^[A-Za-z0-9.-]+(:\d{1,5})?\/[a-z0-9]+([._/-]+[a-z0-9]+)*(:[A-Za-z0-9_][A-Za-z0-9._-]{0,127}|@sha256:[0-9a-f]{64})$/,
    'expected registry/repository:tag or registry/repository@sha256:digest',
  );
export const bundleName = z.string().regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, 'expected lower-case letters, digits and . _ -, at most 64');

const source = z.union([
  z
    .strictObject({ file: path })
    .describe('A tar.gz file; replace it by rename. Changes are noticed at once where the system reports them.'),
  z
    .strictObject({ pushed: path })
    .describe('A file that only this gateway writes: what is pushed to its administrative door PUT /v1/bundles/NAME.'),
  z.strictObject({ directory: path }).describe('A directory in which a bundle lies unpacked.'),
  z
    .strictObject({
      http: z.strictObject({
        url: httpUrl.describe('Of the bundle itself.'),
        long_poll_seconds: z
          .int()
          .min(0)
          .max(600)
          .default(0)
          .describe('How long the server may hold its answer back until there is news, where it can; 0 for never.'),
        ...httpAccess,
      }),
    })
    .describe("A web server: one that speaks OPA's bundle service protocol, an object store, any that serves files."),
  z
    .strictObject({
      oci: z.strictObject({
        reference: ociReference.describe('registry/repository:tag, or registry/repository@sha256:...'),
        ...httpAccess,
      }),
    })
    .describe('An artifact in an OCI registry.'),
]);

const poll = z
  .strictObject({
    min_seconds: z.number().min(0.1).max(86_400),
    max_seconds: z.number().min(0.1).max(86_400),
  })
  .refine(({ min_seconds: min, max_seconds: max }) => min <= max, { path: ['max_seconds'], error: 'must not be less than min_seconds' })
  .describe('How often the source is looked at: at a random time between the two. Default: 2 seconds for files, 60 to 120 otherwise.');

export const bundlesSchema = z
  .array(
    z.strictObject({
      name: bundleName.describe('What status, metrics and records call it.'),
      source: source.describe('Where it comes from.'),
      roots: z
        .array(root)
        .min(1)
        .optional()
        .describe('The parts of data that it may own, whatever its manifest says. Default: what its manifest says.'),
      verification: verification.optional().describe('Whose signature this bundle must bear, in place of policy.verification.'),
      poll: poll.optional(),
    }),
  )
  .min(1)
  .describe(
    'Bundles with disjoint roots that make up the policy together: one holds the compiled policy, the others data. In place of bundle.',
  );

export const bundleStoreSchema = z
  .strictObject({
    directory: path.default('.regate/bundles').describe('One gateway has it to itself.'),
    keep: z.int().min(1).max(100).default(5).describe('How many combinations of bundles can be rolled back to.'),
    max_age_seconds: z
      .union([z.int().min(60).max(31_536_000), z.literal('unlimited')])
      .default(86_400)
      .describe('A bundle that its source has not confirmed for so long is not used any more: every request is refused. Or unlimited.'),
  })
  .describe('Bundles that have been in force are kept, to go on with when a source is away, and to roll back to.');

export const statusSchema = z
  .strictObject({
    url: httpUrl.describe('Where to POST to.'),
    every_seconds: z.int().min(1).max(86_400).default(60).describe('How often, beside at every change.'),
    ...httpAccess,
  })
  .describe("A service that is told how the bundles fare, as OPA's status API tells it.");

export type StatusFile = z.infer<typeof statusSchema>;

export type BundleStoreFile = z.infer<typeof bundleStoreSchema>;

export type BundlesFile = z.infer<typeof bundlesSchema>;
