import { z } from 'zod';
import type { VerdictChange } from '../vocabulary/verdict.ts';
import { bundlesSchema } from './bundles-schema.ts';

/*
 * A policy on trial beside the one in force: `policy.candidate`.
 */

const changes = [
  ...(['allow-to-deny', 'deny-to-allow', 'allow-to-failure', 'deny-to-failure', 'failure-to-allow', 'failure-to-deny'] as const),
  ...(['other-failure', 'route', 'obligations', 'reasons'] as const),
] as const satisfies readonly VerdictChange[];

const canary = z
  .strictObject({
    share: z.number().min(0).max(100).default(0).describe('Percent of originators, chosen by a hash of their id: always the same ones.'),
    identities: z
      .array(z.string().min(1))
      .default([])
      .describe('Ids of originators who always get the candidate, with the alias: okta:00u1.'),
    groups: z.array(z.string().min(1)).default([]).describe('Groups of originators whose members always get it.'),
    on_failure: z
      .enum(['refuse', 'active'])
      .default('refuse')
      .describe('What becomes of a request that the candidate cannot decide: refused, or decided by the policy in force.'),
  })
  .describe('For whom the candidate decides. Only with mode: canary.');

export const candidateSchema = z
  .strictObject({
    bundle: z
      .string()
      .min(1)
      .optional()
      .describe('The candidate: a bundle (tar.gz). Relative paths start at the folder of this file. Set this or bundles.'),
    bundles: bundlesSchema.optional(),
    poll_seconds: z.number().min(0.1).max(3600).default(2).describe('How often the file of bundle is looked at.'),
    mode: z
      .enum(['shadow', 'canary'])
      .describe(
        'shadow: it decides nothing and is only asked. canary: it decides for some, and is asked about what the policy in force decides.',
      ),
    canary: canary.optional(),
    queue: z.int().min(1).max(100_000).default(1000).describe('Decisions that may wait to be compared; more are counted and left out.'),
    approved: z
      .array(
        z.strictObject({
          change: z.enum(changes).describe('What may change.'),
          reason: z.string().min(1).optional().describe('A reason code that comes or goes with it. Default: any.'),
        }),
      )
      .max(200)
      .default([])
      .describe('Differences that are meant: they do not keep the candidate from being promoted by itself.'),
    promote_after: z
      .int()
      .min(1)
      .optional()
      .describe('Put it in force after so many comparisons without a difference that is not approved. Default: by command only.'),
  })
  .refine(({ bundle, bundles }) => (bundle === undefined) !== (bundles === undefined), {
    path: ['bundle'],
    error: 'set exactly one of bundle and bundles',
  })
  .refine(({ mode, canary: chosen }) => (mode === 'canary') === (chosen !== undefined), {
    path: ['canary'],
    error: 'set canary with mode: canary, and only then',
  })
  .describe('A policy on trial beside the one in force.');

export type CandidateFile = z.infer<typeof candidateSchema>;
