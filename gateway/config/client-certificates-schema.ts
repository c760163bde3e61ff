import { z } from 'zod';

const path = z.string().min(1).describe('A path; relative ones start at the folder of this file.');
const name = z.string().min(1).max(255);

const subject = z
  .strictObject({
    from: z
      .enum(['spiffe', 'uri', 'dns', 'common-name'])
      .default('spiffe')
      .describe('Which name of the certificate is the id. There must be exactly one of that kind.'),
    kind: z.enum(['person', 'service', 'agent']).default('service').describe('What the holder is.'),
    id_roles: z.record(name, z.array(name)).default({}).describe('Id → its roles. An entry that ends in /* stands for every id below it.'),
    same_as: z
      .record(name, z.array(name))
      .default({})
      .describe('Id → ids under which tokens and keys know the same workload, e.g. keys:nightly. Without it they contradict each other.'),
  })
  .prefault({});

const authority = z
  .strictObject({
    alias: z
      .string()
      .regex(/^[a-z][a-z0-9-]{0,31}$/, 'expected lower-case letters, digits and dashes, at most 32')
      .describe('Prefix of the ids of this authority: mesh:spiffe://example.org/ns/prod/sa/batch.'),
    kind: z.enum(['workload', 'device']).default('workload').describe('What its certificates prove: who calls, or from which device.'),
    ca: z.array(path).min(1).max(16).describe('PEM files of its own certificates. Read again when they change.'),
    crl: z
      .array(path)
      .max(16)
      .default([])
      .describe('Revocation lists, PEM or DER. Where there are any, every certificate must be covered by one that is fresh.'),
    trust_domain: z
      .string()
      .regex(/^[a-z0-9._-]{1,255}$/, 'expected a SPIFFE trust domain such as example.org, without spiffe://')
      .optional()
      .describe('For from: spiffe. Certificates of another trust domain are refused.'),
    subject,
    device: z
      .strictObject({
        managed: z.boolean().optional().describe('Whether its devices are managed ones.'),
        os: z.string().min(1).max(64).optional().describe('What runs on them, where it is the same on all.'),
      })
      .prefault({})
      .describe('For kind: device. What is known of every device that has a certificate of this authority.'),
  })
  .refine(({ subject: { from }, trust_domain: domain }) => (from === 'spiffe') === (domain !== undefined), {
    path: ['trust_domain'],
    error: 'subject.from: spiffe needs a trust domain, and only it has one',
  });

/** Certificates of callers, as people write them. */
export const clientCertificates = z
  .strictObject({
    mode: z.enum(['optional', 'required']).default('optional').describe('required: nobody is heard without a certificate that holds.'),
    forwarded: z
      .enum(['client-cert', 'x-forwarded-client-cert'])
      .optional()
      .describe(
        'The header in which trusted proxies tell of a certificate: that of RFC 9440, or that of Envoy. Without it both are ignored.',
      ),
    authorities: z.array(authority).min(1).max(32).describe('Whose certificates count.'),
  })
  .describe('Certificates that callers may present. Without this section none is asked for.');

export type ClientCertificatesFile = z.infer<typeof clientCertificates>;
