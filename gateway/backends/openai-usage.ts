import type { Usage } from '../vocabulary/delivered.ts';
import type { Operation } from '../vocabulary/request.ts';
import type { AnswerReader, EventReader, Reading } from './dialect.ts';
import { known, readCount, readMember, readName } from './read-values.ts';

/** `usage` of chat, completions and embeddings. `prompt_tokens` already includes what came from the cache. */
function readCompletionUsage(usage: unknown): Usage | undefined {
  const input = readCount(readMember(usage, 'prompt_tokens'));
  const output = readCount(readMember(usage, 'completion_tokens'));
  if (input === undefined && output === undefined) return undefined;
  const prompt = readMember(usage, 'prompt_tokens_details');
  return known<Usage>({
    input_tokens: input,
    output_tokens: output,
    cache_read_input_tokens: readCount(readMember(prompt, 'cached_tokens')),
    cache_creation_input_tokens: readCount(readMember(prompt, 'cache_write_tokens')),
    reasoning_output_tokens: readCount(readMember(readMember(usage, 'completion_tokens_details'), 'reasoning_tokens')),
  });
}

/** `usage` of the Responses API. `input_tokens` already includes what came from the cache. */
function readResponseUsage(usage: unknown): Usage | undefined {
  const input = readCount(readMember(usage, 'input_tokens'));
  const output = readCount(readMember(usage, 'output_tokens'));
  if (input === undefined && output === undefined) return undefined;
  const details = readMember(usage, 'input_tokens_details');
  return known<Usage>({
    input_tokens: input,
    output_tokens: output,
    cache_read_input_tokens: readCount(readMember(details, 'cached_tokens')),
    cache_creation_input_tokens: readCount(readMember(details, 'cache_write_tokens')),
    reasoning_output_tokens: readCount(readMember(readMember(usage, 'output_tokens_details'), 'reasoning_tokens')),
  });
}

const completionAnswer: AnswerReader = {
  paths: ['model', 'usage', 'choices.0.finish_reason'],
  read: (members) =>
    known<Reading>({
      usage: readCompletionUsage(members.get('usage')),
      model: readName(members.get('model')),
      finishReason: readName(members.get('choices.0.finish_reason')),
    }),
};

const responseAnswer: AnswerReader = {
  paths: ['model', 'usage', 'status', 'incomplete_details'],
  read: (members) =>
    known<Reading>({
      usage: readResponseUsage(members.get('usage')),
      model: readName(members.get('model')),
      finishReason: readName(readMember(members.get('incomplete_details'), 'reason')) ?? readName(members.get('status')),
    }),
};

/**
 * Chunks of chat and completions. Usage comes in the last one, and only on request (`stream_options.include_usage`); the others then hold
 * `"usage":null`, which the marker tells apart without parsing.
 */
function readCompletionEvents(): EventReader {
  let usage: Usage | undefined;
  let model: string | undefined;
  let finishReason: string | undefined;
  let failed: true | undefined;
  return {
    markers: [
      { text: '"usage"', opens: '{' },
      { text: '"finish_reason"', opens: '"' },
      { text: '"error"', opens: '{' },
    ],
    paths: ['usage', 'model', 'choices.0.finish_reason', 'error'],
    see(event) {
      usage = readCompletionUsage(readMember(event, 'usage')) ?? usage;
      model = readName(readMember(event, 'model')) ?? model;
      finishReason = readName(readMember(readMember(readMember(event, 'choices'), '0'), 'finish_reason')) ?? finishReason;
      const error = readMember(event, 'error');
      if (typeof error === 'object' && error !== null) failed = true;
    },
    read: () => known<Reading>({ usage, model, finishReason, failed }),
  };
}

const finalEvents: ReadonlySet<unknown> = new Set(['response.completed', 'response.incomplete', 'response.failed']);

/** Events of the Responses API. The last one carries the whole response, whatever its end was. */
function readResponseEvents(): EventReader {
  let reading: Reading = {};
  return {
    markers: [{ text: '"usage"', opens: '{' }, { text: 'response.incomplete"' }, { text: 'response.failed"' }, { text: '"type":"error"' }],
    paths: ['type', ...responseAnswer.paths.map((path) => `response.${path}`)],
    see(event) {
      const type = readMember(event, 'type');
      if (type === 'error') reading = { ...reading, failed: true };
      if (!finalEvents.has(type)) return;
      const response = readMember(event, 'response');
      const last = responseAnswer.read(new Map(responseAnswer.paths.map((path) => [path, readMember(response, path)])));
      reading = type === 'response.failed' ? { ...last, failed: true } : last;
    },
    read: () => reading,
  };
}

/** The reader for a JSON answer of an OpenAI operation. */
export function readOpenaiAnswers(operation: Operation): AnswerReader | undefined {
  if (operation === 'chat' || operation === 'completions' || operation === 'embeddings') return completionAnswer;
  return operation === 'responses' ? responseAnswer : undefined;
}

/** A reader for a stream of an OpenAI operation. */
export function readOpenaiEvents(operation: Operation): EventReader | undefined {
  if (operation === 'chat' || operation === 'completions') return readCompletionEvents();
  return operation === 'responses' ? readResponseEvents() : undefined;
}
