import { isIP } from 'node:net';
import { z } from 'zod';
import { admin } from './admin-schema.ts';
import { bundleStoreSchema, bundlesSchema, statusSchema } from './bundles-schema.ts';
import { candidateSchema } from './candidate-schema.ts';
import { clientCertificates } from './client-certificates-schema.ts';
import { deviceToken } from './device-token-schema.ts';
import { issuer } from './issuer-schema.ts';
import { login } from './login-schema.ts';
import { record } from './record-schema.ts';
import { database, keys, revocations } from './registry-schema.ts';
import { tokens } from './tokens-schema.ts';
import { traces } from './traces-schema.ts';
import { verification } from './verification-schema.ts';

/*
 * The configuration file, as people write it. This is the single source: the published JSON Schema (docs/reference/regate.schema.json) is
 * generated from it. Every object is strict, so a misspelt key is an error rather than a silent default.
 */

const path = z.string().min(1).describe('A path; relative ones start at the folder of this file.');
const cidr = z
  .string()
  .regex(/^[0-9a-fA-F:.]+\/\d{1,3}$/, 'expected a CIDR such as 10.0.0.0/8')
  .refine(isCidr, 'expected a CIDR such as 10.0.0.0/8 or fd00::/8; IPv4 ranges are written as IPv4');
const alias = z.string().regex(/^[a-z][a-z0-9-]{0,31}$/, 'expected lower-case letters, digits and dashes, at most 32');
const id = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._:/-]{0,127}$/, 'expected letters, digits and . _ : / -, at most 128');
const headerName = z.string().regex(/^[a-z0-9-]+$/, 'expected a lower-case header name');
const httpUrl = z.url({ protocol: /^https?$/, error: 'expected a URL that starts with https:// (or http://)' });
const host = z.string().regex(/^[0-9A-Za-z.:-]+$/, 'expected an address or a host name');
const variable = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'expected the name of an environment variable');
const seconds = z.int().min(0).max(86_400);
const labelName = z.string().regex(/^[a-z][a-z0-9_.-]*$/, 'expected lower-case letters, digits and _ . -');
const port = z.int().min(0).max(65_535);
const operation = z.enum(['chat', 'completions', 'responses', 'embeddings', 'models', 'count-tokens']);

const tls = z.discriminatedUnion('mode', [
  z
    .strictObject({
      mode: z.literal('files'),
      certificate: path.describe('Certificate chain, PEM.'),
      key: path.describe('Private key, PEM.'),
    })
    .describe('PEM files, reloaded when they change.'),
  z
    .strictObject({
      mode: z.literal('development'),
      directory: path.default('.regate/dev').describe('Where the CA and the certificate are kept.'),
    })
    .describe('A CA for localhost, made on first start.'),
  z
    .strictObject({ mode: z.literal('plaintext'), force: z.boolean().default(false).describe('Also where others can reach it.') })
    .describe('No TLS. Only on loopback, unless forced because something else terminates TLS.'),
]);

const identity = z.strictObject({
  issuers: z.array(issuer).default([]).describe('Whose JWTs are accepted.'),
  keys: keys.optional().describe('Virtual keys.'),
  revocations: revocations.optional().describe('Revocations on one node. Where identity.database is set they are kept there.'),
  database: database.optional().describe('PostgreSQL for keys and revocations of many nodes. No request waits for it.'),
});

const context = z.strictObject({
  zone: z.string().default('UTC').describe('IANA time zone of context.time.'),
  networks: z
    .array(z.strictObject({ name: alias.describe('What policy knows it by.'), cidrs: z.array(cidr).min(1) }))
    .default([])
    .describe('Named networks; the first that holds the address counts.'),
  headers: z
    .strictObject({
      device_id: headerName.optional(),
      device_managed: headerName.optional(),
      device_os: headerName.optional(),
      country: headerName.optional(),
      asn: headerName.optional(),
    })
    .prefault({})
    .describe('Headers that a trusted proxy may set.'),
  forwarded_hops: z
    .int()
    .min(1)
    .max(16)
    .default(1)
    .describe('Trusted proxies in line: which entry of X-Forwarded-For counts, from the right.'),
  forwarded_header: z
    .enum(['x-forwarded-for', 'forwarded'])
    .default('x-forwarded-for')
    .describe('The header in which your proxies say for whom they forward. The other one is never read.'),
  places: z
    .strictObject({
      country: path.optional().describe('A table that knows countries.'),
      asn: path.optional().describe('A table that knows autonomous systems.'),
    })
    .optional()
    .describe("Your own tables of addresses (MaxMind DB format), read again when they change. A proxy's header stands above them."),
  device_token: deviceToken
    .optional()
    .describe('Signed tokens that say from which device a request comes. Without this section none are read.'),
  device_evidence: z.enum(['attested', 'asserted']).default('asserted').describe('The least evidence on which a device counts.'),
});

const backend = z.strictObject({
  id: id.describe('The name that policy and records know it by.'),
  protocol: z.enum(['openai', 'anthropic']).describe('The dialect that it speaks.'),
  base_url: httpUrl.describe('Up to and including the version prefix, e.g. https://api.openai.com/v1.'),
  credential: id.describe('An entry of credentials.'),
  auth: z.enum(['bearer', 'x-api-key']).optional().describe('Default: bearer for openai, x-api-key for anthropic.'),
  region: z.string().optional().describe('Where it computes, for policy.'),
  ca: path.optional().describe('PEM of additional roots.'),
  connect_timeout_ms: z.int().min(100).max(120_000).default(10_000).describe('Time to connect, TLS included.'),
  idle_timeout_ms: z.int().min(1_000).max(1_800_000).default(300_000).describe('Longest silence in an answer.'),
  insecure_http: z.boolean().default(false).describe('Allow http:// to a host that is not loopback.'),
  models: z.record(id, z.string().min(1).max(256)).describe('Catalogue id → the name that this backend knows it by.'),
});

const model = z.strictObject({
  id: id.describe('The name that policy knows it by.'),
  aliases: z.array(id).default([]).describe('Other names that callers may use.'),
  operations: z.array(operation).min(1).describe('What may be asked of it.'),
  owned_by: z.string().optional().describe('For listings.'),
  created: z.int().min(0).optional().describe('Unix seconds, for listings.'),
});

const credential = z.union([
  z.strictObject({ environment: variable }).describe('Read from this variable at each use.'),
  z.strictObject({ file: path }).describe('Read from this file, again whenever it changes.'),
]);

const policy = z
  .strictObject({
    bundle: path.optional().describe('A bundle (tar.gz) with a compiled policy. Set this or bundles.'),
    bundles: bundlesSchema.optional(),
    store: bundleStoreSchema.optional(),
    status: statusSchema.optional(),
    poll_seconds: z.number().min(0.1).max(3600).default(2).describe('How often the file of bundle is looked at for a new revision.'),
    max_memory_mib: z.int().min(4).max(2048).default(128).describe('Memory of one instance of the policy.'),
    max_evaluation_ms: z
      .int()
      .min(5)
      .max(10_000)
      .default(50)
      .describe(
        'CPU time that one evaluation of the policy may take before it is stopped and the request refused. Other requests wait meanwhile.',
      ),
    compile: z
      .boolean()
      .default(false)
      .describe('Compile bundles that bring only Rego, with the toolchain, as regate policy build does. Otherwise they are refused.'),
    verification: verification.optional(),
    candidate: candidateSchema.optional(),
  })
  .refine(({ bundle, bundles }) => (bundle === undefined) !== (bundles === undefined), {
    path: ['bundle'],
    error: 'set exactly one of bundle and bundles',
  });

export const schema = z.strictObject({
  version: z.literal(1).describe('Of this format.'),
  listen: z.strictObject({
    host: host.default('127.0.0.1').describe('Address to listen on.'),
    port: port.default(8443).describe('0 takes a free one.'),
    tls,
    client_certificates: clientCertificates.optional(),
    trusted_proxies: z.array(cidr).default([]).describe('Peers whose context headers count.'),
    proxy_protocol: z
      .boolean()
      .default(false)
      .describe('Connections of trusted_proxies begin with a header of the PROXY protocol (version 1 or 2), which must be there.'),
    drain_seconds: seconds.default(30).describe('How long open answers may go on after SIGTERM.'),
  }),
  doors: z
    .strictObject({
      host: host.default('127.0.0.1').describe('Address to listen on.'),
      port: port.default(9443).describe('0 takes a free one.'),
    })
    .prefault({})
    .describe('Health, readiness and metrics; plain HTTP on a listener of its own.'),
  admin: admin
    .optional()
    .describe('The administrative doors, on a listener of their own with the TLS of listen. Without this section there are none.'),
  identity,
  login: login.optional().describe('Pages under /auth/ where people log in. Without this section there are none.'),
  tokens: tokens
    .optional()
    .describe(
      "Tokens of the gateway's own: for people's tools, and for programs that act for people. Without this section there are none.",
    ),
  context: context.prefault({}),
  policy,
  backends: z.array(backend).min(1).describe('Where models live, in order of preference.'),
  models: z.array(model).min(1).describe('The catalogue: what callers may name.'),
  credentials: z.record(id, credential).describe('Where the secrets of backends come from.'),
  record: record.prefault({}),
  limits: z
    .strictObject({
      body_mib: z.number().min(0.001).max(512).default(32).describe('Largest request body.'),
      in_flight_mib: z.number().min(0.01).max(65_536).default(256).describe('Bodies held at one time, over all requests.'),
      json_depth: z.int().min(8).max(256).default(64).describe('Deepest nesting of a body.'),
      body_seconds: z.int().min(1).max(600).default(60).describe('How long a caller may take to send its body.'),
      max_attempts: z.int().min(1).max(3).default(3).describe('Backends tried for one request, the first included.'),
    })
    .prefault({}),
  log: z
    .strictObject({
      level: z.enum(['error', 'warn', 'info', 'debug']).default('info').describe('Least severity that is logged.'),
      format: z.enum(['pretty', 'json']).default('json').describe('For people, or for collectors.'),
    })
    .prefault({}),
  traces: traces
    .optional()
    .describe("OpenTelemetry traces. Without this section there are none, and a caller's traceparent is passed on as it is."),
  labels: z.record(labelName, z.string()).default({}).describe('Put on every record.'),
});

/** The file's content once it has passed the schema, defaults filled in. */
export type ConfigurationFile = z.infer<typeof schema>;

function isCidr(text: string): boolean {
  const [address = '', prefix = ''] = text.split('/');
  const family = isIP(address);
  // Peers that are IPv4-mapped are compared as IPv4, so a mapped range would match nobody.
  if (family === 0 || /^::ffff:/i.test(address)) return false;
  return Number(prefix) <= (family === 4 ? 32 : 128);
}

/** The published JSON Schema, for editors. */
export function jsonSchema(): object {
  return {
    title: 'Regate configuration, version 1',
    ...z.toJSONSchema(schema, { io: 'input', target: 'draft-2020-12' }),
  };
}
