import type { Usage } from '../vocabulary/delivered.ts';
import type { Operation } from '../vocabulary/request.ts';
import type { AnswerReader, EventReader, Reading } from './dialect.ts';
import { known, readCount, readMember, readName } from './read-values.ts';

/** The counts of one usage object as they stand on the wire. */
interface Counts {
  readonly input?: number;
  readonly output?: number;
  readonly cacheRead?: number;
  readonly cacheCreation?: number;
  readonly thinking?: number;
}

function readCounts(usage: unknown): Counts {
  return known<Counts>({
    input: readCount(readMember(usage, 'input_tokens')),
    output: readCount(readMember(usage, 'output_tokens')),
    cacheRead: readCount(readMember(usage, 'cache_read_input_tokens')),
    cacheCreation: readCount(readMember(usage, 'cache_creation_input_tokens')),
    thinking: readCount(readMember(readMember(usage, 'output_tokens_details'), 'thinking_tokens')),
  });
}

/** On the wire `input_tokens` leaves cached tokens out; here it includes them, as for every other provider. */
function toUsage({ input, output, cacheRead, cacheCreation, thinking }: Counts): Usage | undefined {
  if (input === undefined && output === undefined) return undefined;
  return known<Usage>({
    input_tokens: input === undefined ? undefined : input + (cacheRead ?? 0) + (cacheCreation ?? 0),
    output_tokens: output,
    cache_read_input_tokens: cacheRead,
    cache_creation_input_tokens: cacheCreation,
    reasoning_output_tokens: thinking,
  });
}

const messageAnswer: AnswerReader = {
  paths: ['model', 'usage', 'stop_reason'],
  read: (members) =>
    known<Reading>({
      usage: toUsage(readCounts(members.get('usage'))),
      model: readName(members.get('model')),
      finishReason: readName(members.get('stop_reason')),
    }),
};

const countAnswer: AnswerReader = {
  paths: ['input_tokens'],
  read: (members) => {
    const input = readCount(members.get('input_tokens'));
    return input === undefined ? {} : { usage: { input_tokens: input } };
  },
};

/**
 * `message_start` holds the input's counts, `message_delta` the cumulative counts so far, which may repeat or correct the first: for each count
 * the last number wins. A failure can come as an event after status 200.
 */
function readMessageEvents(): EventReader {
  let counts: Counts = {};
  let model: string | undefined;
  let finishReason: string | undefined;
  let failed: true | undefined;
  return {
    markers: [{ text: '"usage"', opens: '{' }, { text: '"stop_reason"', opens: '"' }, { text: '"error"' }],
    paths: ['type', 'message.usage', 'message.model', 'usage', 'delta.stop_reason'],
    see(event) {
      switch (readMember(event, 'type')) {
        case 'message_start': {
          const message = readMember(event, 'message');
          counts = { ...counts, ...readCounts(readMember(message, 'usage')) };
          model = readName(readMember(message, 'model')) ?? model;
          break;
        }
        case 'message_delta':
          counts = { ...counts, ...readCounts(readMember(event, 'usage')) };
          finishReason = readName(readMember(readMember(event, 'delta'), 'stop_reason')) ?? finishReason;
          break;
        case 'error':
          failed = true;
          break;
      }
    },
    read: () => known<Reading>({ usage: toUsage(counts), model, finishReason, failed }),
  };
}

/** The reader for a JSON answer of an Anthropic operation. */
export function readAnthropicAnswers(operation: Operation): AnswerReader | undefined {
  if (operation === 'chat') return messageAnswer;
  return operation === 'count-tokens' ? countAnswer : undefined;
}

/** A reader for a stream of an Anthropic operation. */
export function readAnthropicEvents(operation: Operation): EventReader | undefined {
  return operation === 'chat' ? readMessageEvents() : undefined;
}
