import { z } from 'zod';

/** Where the record goes beside the local log, as people write it. */

const path = z.string().min(1).describe('A path; relative ones start at the folder of this file.');
const variable = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'expected the name of an environment variable');
const httpUrl = z.url({ protocol: /^https?$/, error: 'expected a URL that starts with https:// (or http://)' });

const secret = z.union([
  z.strictObject({ environment: variable }).describe('Read from this variable at each use.'),
  z.strictObject({ file: path }).describe('Read from this file, again whenever it changes.'),
]);

const base = {
  name: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,31}$/, 'expected lower-case letters, digits and dashes, at most 32')
    .describe('Names the sink in metrics and in the file that says how far it is. Under another name it begins at the oldest line.'),
  max_lag_mib: z
    .int()
    .min(1)
    .max(1_048_576)
    .default(1024)
    .describe(
      'How much of the log may wait for the receiver. Beyond it the oldest lines are given up for this sink; the log itself keeps them.',
    ),
  batch_lines: z.int().min(1).max(10_000).default(500).describe('Most lines of one delivery.'),
  batch_kib: z.int().min(1).max(65_536).default(1024).describe('Most lines of one delivery, by their size.'),
  timeout_seconds: z.int().min(1).max(300).default(10).describe('How long one delivery may take.'),
};

const http = {
  url: httpUrl.describe('Where the receiver is. Plain http only on loopback.'),
  token: secret.optional().describe('Where the bearer token comes from.'),
  ca: path.optional().describe('PEM of additional roots.'),
};

const format = z
  .enum(['regate', 'ecs', 'ocsf'])
  .default('regate')
  .describe('How a line is written: as it stands in the log, or by the names of the Elastic Common Schema or of OCSF.');

const webhook = z
  .strictObject({
    ...base,
    type: z.literal('webhook'),
    ...http,
    gzip: z.boolean().default(false).describe('Compress what is sent.'),
    format,
  })
  .describe('POST lines as NDJSON.');

const opa = z
  .strictObject({
    ...base,
    type: z.literal('opa'),
    ...http,
    max_upload_kib: z.int().min(1).max(65_536).default(512).describe('Most of one upload, compressed.'),
  })
  .describe("POST decisions to <url>/logs, as OPA's decision log plugin does.");

const otlp = z.strictObject({ ...base, type: z.literal('otlp'), ...http }).describe('POST log records to <url>/v1/logs, OTLP in JSON.');

const syslog = z
  .strictObject({
    ...base,
    type: z.literal('syslog'),
    host: z
      .string()
      .regex(/^[0-9A-Za-z.:-]+$/, 'expected an address or a host name')
      .describe('Where the receiver is.'),
    port: z.int().min(1).max(65_535).default(6514).describe('Its port for syslog over TLS.'),
    ca: http.ca,
    certificate: path.optional().describe('PEM of the certificate that is presented to the receiver; with key.'),
    key: path.optional().describe('PEM of its private key.'),
    format,
  })
  .describe('Syslog (RFC 5424) over TLS (RFC 5425).');

const postgres = z
  .strictObject({
    ...base,
    type: z.literal('postgres'),
    url: secret.describe('Where postgresql://user:password@host:port/database comes from; it is a secret.'),
    ca: path
      .optional()
      .describe(
        "PEM of roots; TLS is then required and the server's name checked. Without it a database elsewhere needs sslmode=verify-full in the URL.",
      ),
    table: z
      .string()
      .regex(
        /^[a-z_][a-z0-9_]{0,62}(\.[a-z_][a-z0-9_]{0,62})?$/,
        'expected a name of lower-case letters, digits and _, with its schema before a dot',
      )
      .default('regate_record')
      .describe('The table; made where it is missing.'),
  })
  .describe('Insert into a table of PostgreSQL.');

export const sinks = z
  .array(z.discriminatedUnion('type', [webhook, opa, otlp, syslog, postgres]))
  .max(16)
  .default([])
  .describe('Where the record also goes. What cannot be delivered waits in the log itself.');
