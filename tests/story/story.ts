import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { callers, flaws, virtualKeys } from './callers.ts';
import { settings } from './settings.ts';

/*
 * The form of a story. Every object is strict: a misspelt key would be an assertion that never runs.
 */

const pattern = z.unknown().refine((value) => value !== undefined, 'expected a value');
const record = z.record(z.string(), pattern);
const header = z.union([z.string(), z.array(z.string())]);
const upstreamName = z.enum(['primary', 'second', 'claude']);

const fault = z.union([
  z.strictObject({ kind: z.literal('status'), status: z.int() }),
  z.strictObject({ kind: z.enum(['hang', 'reset']) }),
  z.strictObject({ kind: z.enum(['die', 'stall']), frames: z.int() }),
  z.strictObject({ kind: z.literal('redirect') }),
]);

const ordinaryRequest = z.strictObject({
  /** Method and path. */
  to: z.string().regex(/^[A-Z]+ \//),
  /** Needed only where the path does not tell. */
  dialect: z.enum(['openai', 'anthropic']).optional(),
  /** Sent as JSON. */
  json: record.optional(),
  /** Sent as it stands. */
  text: z.string().optional(),
  /** Sent as these bytes. */
  base64: z.base64().optional(),
  /** A prompt of this many characters is put in place of `{{long}}` of the text. */
  long: z.int().optional(),
  headers: z.record(z.string(), header).optional(),
  /** Address of 127.0.0.0/8 to call from. 127.0.0.9 is a trusted proxy; of 127.0.0.1 alone is the network known. */
  from: z.ipv4().optional(),
  /** Leave when the answer has begun. */
  hang_up: z.literal(true).optional(),
});

const rawRequest = z.strictObject({
  /** Bytes of a connection, with \n for CRLF; `{{credential}}` stands for the caller's. */
  bytes: z.string(),
  cut: z.literal(true).optional(),
});

const given = z.strictObject({
  time: z.iso.datetime().optional(),
  caller: z.enum([...Object.keys(callers), 'nobody']).optional(),
  /** Claims beside the caller's, or in their place. */
  claims: record.optional(),
  algorithm: z.enum(['RS256', 'ES256', 'EdDSA']).optional(),
  flaw: z.enum(flaws).optional(),
  key: z.enum([...virtualKeys.keys()]).optional(),
  /** A credential as it stands, for what is none. */
  credential: z.string().optional(),
  /** Where the credential is put; otherwise where the SDK of the dialect does. */
  place: z.enum(['authorization', 'x-api-key']).optional(),
  upstream: z.partialRecord(upstreamName, fault).optional(),
  request: z.union([ordinaryRequest, rawRequest]),
});

const upstreamCall = z.strictObject({
  at: upstreamName,
  path: z.string(),
  headers: record.optional(),
  body: record.optional(),
  /** The body's exact text. */
  text: z.string().optional(),
  /** The gateway left before the answer was whole. */
  aborted: z.literal(true).optional(),
});

const want = z.strictObject({
  /** `none`: the connection is closed without an answer. */
  status: z.union([z.int(), z.literal('none')]),
  /** The error, in the caller's dialect. */
  error: z
    .strictObject({
      code: z.string(),
      type: z.string(),
      reasons: z.array(z.string()).optional(),
      /** SDKs are told not to try again. */
      final: z.boolean(),
    })
    .optional(),
  headers: record.optional(),
  answer: pattern.optional(),
  /** Texts in the body, and texts that must not be. */
  says: z.array(z.string()).optional(),
  says_not: z.array(z.string()).optional(),
  broken: z.literal(true).optional(),
  continued: z.literal(true).optional(),
  /** All requests that the upstreams saw, in order. */
  upstream: z.array(upstreamCall),
  /** All decided lines, in order. */
  record: z.array(record),
  /** All delivered lines, in order. */
  delivered: z.array(record),
  /** Texts that must be neither upstream nor on the record, beside those that never may. */
  nowhere: z.array(z.string()).optional(),
  not_upstream: z.array(z.string()).optional(),
  not_on_record: z.array(z.string()).optional(),
});

const schema = z.strictObject({
  /** A sentence: what happens. */
  story: z.string().min(10),
  /** Why it matters, for whoever reads it. */
  because: z.string().optional(),
  world: z.enum(Object.keys(settings) as [keyof typeof settings]).default('standard'),
  given,
  want,
});

export type Story = z.infer<typeof schema> & { readonly file: string };
export type RawRequest = z.infer<typeof rawRequest>;
export type OrdinaryRequest = z.infer<typeof ordinaryRequest>;
export type Want = Story['want'];

/**
 * Reads one story.
 * @throws Error with the file's name and every place that is wrong
 */
export function readStory(file: string, text: string): Story {
  const parsed = schema.safeParse(parse(text, { strict: true, uniqueKeys: true }));
  if (!parsed.success) throw new Error(`${file}\n${z.prettifyError(parsed.error)}`);
  return { ...parsed.data, file };
}

/** Reads all stories below a folder, in order of their names. */
export function readStories(folder: string): readonly Story[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.yaml'))
    .sort()
    .map((name) => readStory(relative(folder, join(folder, name)), readFileSync(join(folder, name), 'utf8')));
}
