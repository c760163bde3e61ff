import type { ErrorCode } from '../../../errors.ts';
import type { RequestBody } from '../../../vocabulary/body.ts';
import type { ParameterFacts } from '../../../vocabulary/facts.ts';
import type { Accepted } from '../../../vocabulary/request.ts';
import { elsewhere } from '../model.ts';
import { readBetas } from './betas.ts';
import { chat } from './chat.ts';
import { completions } from './completions.ts';
import { embeddings } from './embeddings.ts';
import { Fields, passesFor } from './fields.ts';
import { countTokens, messages } from './messages.ts';
import type { ParameterDraft, Reading } from './reading.ts';
import { responses } from './responses.ts';
import { readTools } from './tools.ts';

const reached: ReadonlySet<string> = new Set(elsewhere);
const streamOptions: ReadonlySet<string> = new Set(['include_usage', 'include_obfuscation']);

/** More unknown names than this, or longer ones, are no parameters; they would only fill the record. */
const mostOther = 64;
const longestName = 128;

export interface Parameters {
  readonly facts: ParameterFacts;
  readonly stream: boolean;
}

/** Reads what a policy may weigh of a request's parameters; gives the code of the first problem otherwise. Only fields that are read are checked. */
export function readParameters(accepted: Accepted, body: RequestBody): Parameters | ErrorCode {
  const reading = readingOf(accepted);
  const fields = new Fields(body.outline);
  const facts: ParameterDraft = { other: otherNames(fields, body, reading.known, readBetas(accepted)) };

  let cap: number | undefined;
  for (const name of reading.caps) cap = larger(cap, fields.integer(name, reading.leastCap));
  if (cap !== undefined) facts.max_tokens = cap;
  const temperature = fields.number('temperature');
  if (temperature !== undefined) facts.temperature = temperature;
  const topP = fields.number('top_p');
  if (topP !== undefined) facts.top_p = topP;
  const n = fields.integer('n', 1);
  if (n !== undefined) facts.n = n;
  const store = fields.flag('store');
  if (store !== undefined) facts.store = store;
  const tier = fields.word('service_tier');
  if (tier !== undefined) facts.service_tier = tier;
  reading.read(fields, facts);
  const { tools, egress } = readTools(fields, accepted.protocol);
  if (tools.length > 0) facts.tools = tools;
  if (egress.length > 0) facts.provider_egress = egress;
  facts.estimated_input_tokens = estimate(body, reading.content);
  const stream = reading.streams && (fields.flag('stream') ?? false);
  const options = reading.streams ? fields.object('stream_options') : undefined;
  if (options !== undefined) {
    const usage = options['include_usage'] ?? undefined;
    if (usage !== undefined && typeof usage !== 'boolean') fields.fail('parameter.invalid');
    for (const name of Object.keys(options)) if (passesFor(name, streamOptions)) fields.fail('parameter.invalid');
  }
  return fields.problem ?? { facts, stream };
}

function readingOf({ protocol, operation }: Accepted): Reading {
  if (operation === 'count-tokens') return countTokens;
  if (operation === 'completions') return completions;
  if (operation === 'responses') return responses;
  if (operation === 'embeddings') return embeddings;
  return protocol === 'anthropic' ? messages : chat;
}

function otherNames(
  fields: Fields,
  body: RequestBody,
  known: ReadonlySet<string>,
  betas: readonly string[] | undefined,
): readonly string[] {
  if (betas === undefined) fields.fail('parameter.invalid');
  const other: string[] = [...new Set(betas)];
  for (const name of body.members.keys()) {
    if (known.has(name)) continue;
    if (passesFor(name, known) || passesFor(name, reached) || name.length > longestName) fields.fail('parameter.invalid');
    other.push(name);
  }
  if (other.length > mostOther) fields.fail('parameter.invalid');
  return other.sort();
}

function larger(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || (other !== undefined && other > one) ? other : one;
}

/**
 * Four bytes a token, over the JSON text of what the model reads. It is an estimate for admission, not a count: markup and encoded images make it
 * too high, which is the safe side; scripts of three bytes a character can make it up to about a quarter too low.
 */
function estimate(body: RequestBody, content: readonly string[]): number {
  let bytes = 0;
  for (const name of content) {
    const span = body.members.get(name);
    if (span !== undefined) bytes += span.valueEnd - span.valueStart;
  }
  return Math.ceil(bytes / 4);
}
