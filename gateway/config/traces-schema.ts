import { z } from 'zod';

const variable = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'expected the name of an environment variable');
const source = z.union([
  z.strictObject({ environment: variable }).describe('Read from this variable.'),
  z.strictObject({ file: z.string().min(1) }).describe('Read from this file.'),
]);

/** OpenTelemetry traces, as people write them. */
export const traces = z.strictObject({
  url: z
    .url({ protocol: /^https?$/, error: 'expected a URL that starts with https:// (or http://)' })
    .describe('An OTLP/HTTP receiver, e.g. http://127.0.0.1:4318/v1/traces.'),
  headers: z
    .record(z.string().regex(/^[a-z0-9-]+$/, 'expected a lower-case header name'), source)
    .default({})
    .describe('Headers with secrets for the receiver.'),
  ratio: z
    .number()
    .min(0)
    .max(1)
    .default(1)
    .describe('Share of the traces that begin here which are kept. One that a caller has begun is kept as its caller says.'),
  guardrail_names: z.boolean().default(false).describe('Also use the proposed gen_ai.guardrail names on the span of the decision.'),
  service_name: z.string().min(1).max(128).default('regate').describe('service.name of the resource.'),
});
