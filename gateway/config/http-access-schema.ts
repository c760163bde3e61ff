import { z } from 'zod';

const path = z.string().min(1);
const variable = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'expected the name of an environment variable');
const httpUrl = z.url({ protocol: /^https?$/, error: 'expected a URL that starts with https:// (or http://)' });
const secret = z
  .union([z.strictObject({ environment: variable }), z.strictObject({ file: path })])
  .describe('Where the secret is read, at each use.');
const text = z.string().min(1).max(1024);

const authorization = z.union([
  z.strictObject({ bearer: secret }).describe('Authorization: Bearer.'),
  z.strictObject({ basic: z.strictObject({ username: text, password: secret }) }).describe('Authorization: Basic.'),
  z
    .strictObject({
      header: z.strictObject({
        name: z.string().regex(/^[A-Za-z0-9-]+$/, 'expected the name of a header'),
        value: secret,
      }),
    })
    .describe("A header of the server's own, e.g. PRIVATE-TOKEN."),
  z
    .strictObject({
      client_credentials: z.strictObject({
        token_url: httpUrl,
        client_id: text,
        client_secret: secret,
        scopes: z.array(text).default([]),
        audience: text.optional(),
      }),
    })
    .describe('OAuth 2.0 client credentials.'),
]);

/** How a server is reached over HTTP: the settings that every such section shares. */
export const httpAccess = {
  authorization: authorization.optional().describe('How the gateway shows who it is.'),
  ca: path.optional().describe('PEM of additional roots.'),
  client_certificate: z
    .strictObject({ certificate: path, key: path })
    .optional()
    .describe('PEM files for mutual TLS, read at each request.'),
  other_hosts: z
    .array(z.string().regex(/^[A-Za-z0-9.-]+(:\d{1,5})?$|^\[[0-9a-fA-F:]+\](:\d{1,5})?$/, 'expected a host, with its port if it has one'))
    .default([])
    .describe(
      "Hosts beside the server's own to which it may redirect, and where its tokens may be had. Credentials do not go along with a redirect.",
    ),
  deadline_seconds: z.number().min(0.1).max(600).default(30).describe('For one answer, from the first byte sent to the last received.'),
  max_mib: z.number().min(0.001).max(64).default(64).describe('Largest answer.'),
  insecure_http: z.boolean().default(false).describe('Allow http:// to a host that is not loopback.'),
};

const shape = z.strictObject(httpAccess);
export type HttpAccessFile = z.infer<typeof shape>;
