import { z } from 'zod';
import { sinks } from './sinks-schema.ts';

/** The decision log, as people write it. */

const path = z.string().min(1).describe('A path; relative ones start at the folder of this file.');
const httpUrl = z.url({ protocol: /^https?$/, error: 'expected a URL that starts with https:// (or http://)' });

const copy = z.union([
  z.strictObject({ directory: path }).describe('Append to files of the same names in this directory.'),
  z.strictObject({ file: path }).describe('Append to this one file.'),
  z
    .strictObject({
      url: httpUrl.describe('Where to POST each, as NDJSON.'),
      token_file: path.optional().describe('A file whose content is sent as a bearer token.'),
      ca: path.optional().describe('PEM of additional roots.'),
    })
    .describe('POST each, until it is answered with 2xx.'),
]);

const checkpoints = z.strictObject({
  key_file: path
    .default('.regate/checkpoint.key')
    .describe('Ed25519 key that signs checkpoints, made on first start; the public keys are listed beside it, in <key_file>.pub.'),
  every_seconds: z.int().min(1).max(3600).default(60).describe('Longest time that a line on disk goes without a checkpoint.'),
  every_lines: z.int().min(1).max(1_000_000).default(10_000).describe('Most lines between two checkpoints.'),
  copies: z.array(copy).max(8).default([]).describe('Where checkpoints are also kept, so that a log that was cut off shows.'),
});

const content = z.strictObject({
  directory: path.describe('Where content lies; not within record.directory.'),
  key_file: path.describe('Keys of the operator, one a line, 32 bytes in base64; the last one encrypts. regate log content-key makes one.'),
  retention_days: z.int().min(1).max(36_500).describe('Days after which content is removed.'),
  max_kib: z.int().min(1).max(65_536).default(1024).describe('Most that is kept of a prompt, and of an answer.'),
  in_flight_mib: z.int().min(1).max(65_536).default(64).describe('Answers that are held at one time, over all requests.'),
});

export const record = z.strictObject({
  directory: path.default('.regate/decisions').describe('Where decisions are recorded.'),
  max_segment_mib: z.int().min(1).max(4096).default(64).describe('Size at which the next file is begun.'),
  max_segment_hours: z.int().min(1).max(168).default(24).describe('Age at which the next file is begun.'),
  compression: z.enum(['none', 'zstd', 'gzip']).default('zstd').describe('How ended files are compressed, once a checkpoint covers them.'),
  retention: z
    .strictObject({
      days: z.int().min(1).max(36_500).optional().describe('Age at which an ended file is removed.'),
      gib: z.number().min(0.001).max(1_048_576).optional().describe('Size of all ended files beyond which the oldest are removed.'),
    })
    .optional()
    .describe('What is removed, and when. A signed record stands for each file. Without this nothing is ever removed.'),
  reserve_mib: z
    .int()
    .min(0)
    .max(65_536)
    .default(64)
    .describe('Free space below which new requests are refused, so that the ends of those under way can still be recorded.'),
  on_failure: z
    .enum(['refuse', 'buffer'])
    .default('refuse')
    .describe(
      'What becomes of requests while the log cannot be written. buffer lets so many go on as buffer_decisions says; a crash loses their records.',
    ),
  buffer_decisions: z.int().min(1).max(100_000).default(1000).describe('For on_failure: buffer. How many records may wait in memory.'),
  fingerprint_key_file: path
    .default('.regate/fingerprint.key')
    .describe('Key of the fingerprints of prompts, made on first start: equal prompts have equal ones within this installation.'),
  anonymous_per_second: z
    .int()
    .min(0)
    .max(10_000)
    .default(20)
    .describe('Refusals of unknown callers that get a line of their own; the rest is counted.'),
  content: content
    .optional()
    .describe(
      'Where prompts and answers are kept, encrypted, if the policy says capture: content. Without this such requests are refused.',
    ),
  checkpoints: checkpoints.prefault({}).describe('Signed statements of what is on disk.'),
  sinks,
});
