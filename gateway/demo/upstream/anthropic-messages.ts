import { type Call, forcedTool, frame, type Reply, readLimit } from './call.ts';
import { countTokens, speak } from './words.ts';

/** `POST /messages`. */
export function answerMessage(call: Call): Reply {
  const { body, model, serial } = call;
  const limit = readLimit(call, 'max_tokens');
  if (limit === undefined) return refuseMessage('max_tokens: Field required');
  const { words, cut } = speak(model, limit);
  const tool = forcedTool(call);
  const stop = tool === undefined ? (cut ? 'max_tokens' : 'end_turn') : 'tool_use';
  const output = tool === undefined ? words.length : 1;
  const usage = {
    input_tokens: countInput(body),
    cache_creation: null,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: 0,
    inference_geo: null,
    output_tokens_details: null,
    server_tool_use: null,
    service_tier: 'standard',
    speed: null,
  };
  const head = { id: `msg_demo_${serial}`, type: 'message', role: 'assistant', model, container: null, context_management: null };
  const block =
    tool === undefined
      ? { type: 'text', text: words.join(''), citations: null }
      : { type: 'tool_use', id: `toolu_demo_${serial}`, name: tool, input: {} };
  if (body['stream'] !== true) {
    const end = { content: [block], stop_reason: stop, stop_sequence: null, usage: { ...usage, output_tokens: output } };
    return { status: 200, json: JSON.stringify({ ...head, ...end }) };
  }
  const say = (type: string, more: object): string => frame({ type, ...more }, type);
  const begin = { content: [], stop_reason: null, stop_sequence: null, usage: { ...usage, output_tokens: 1 } };
  const deltas =
    tool === undefined ? words.map((text) => ({ type: 'text_delta', text })) : [{ type: 'input_json_delta', partial_json: '{}' }];
  return {
    frames: [
      say('message_start', { message: { ...head, ...begin } }),
      say('content_block_start', { index: 0, content_block: tool === undefined ? { ...block, text: '' } : block }),
      say('ping', {}),
      ...deltas.map((delta) => say('content_block_delta', { index: 0, delta })),
      say('content_block_stop', { index: 0 }),
      say('message_delta', { delta: { stop_reason: stop, stop_sequence: null }, usage: { ...usage, output_tokens: output } }),
      say('message_stop', {}),
    ],
  };
}

/** `POST /messages/count_tokens`. */
export function answerCount({ body }: Call): Reply {
  return { status: 200, json: JSON.stringify({ input_tokens: countInput(body) }) };
}

function countInput(body: Call['body']): number {
  return countTokens(body['system'], body['messages'], body['tools']);
}

function refuseMessage(message: string): Reply {
  return { status: 400, json: JSON.stringify({ type: 'error', error: { type: 'invalid_request_error', message } }) };
}
