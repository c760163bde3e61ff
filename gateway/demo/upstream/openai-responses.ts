import { type Call, forcedTool, frame, type Reply, readLimit } from './call.ts';
import { countTokens, speak } from './words.ts';

/** `POST /responses`. */
export function answerResponse(call: Call): Reply {
  const { body, model, serial, created } = call;
  const limit = readLimit(call, 'max_output_tokens');
  const { words, cut } = speak(model, limit);
  const tool = forcedTool(call);
  const input = countTokens(body['input'], body['instructions'], body['tools']);
  const output = tool === undefined ? words.length : 1;
  const item = tool === undefined ? message(serial, words.join('')) : functionCall(serial, tool, '{}');
  const response = (status: string, items: readonly object[], usage: object | null): object => ({
    id: `resp_demo_${serial}`,
    object: 'response',
    created_at: created,
    status,
    background: false,
    error: null,
    incomplete_details: status === 'incomplete' ? { reason: 'max_output_tokens' } : null,
    instructions: body['instructions'] ?? null,
    max_output_tokens: limit ?? null,
    metadata: body['metadata'] ?? {},
    model,
    output: items,
    parallel_tool_calls: true,
    previous_response_id: null,
    reasoning: { effort: null, summary: null },
    store: body['store'] ?? true,
    temperature: body['temperature'] ?? 1,
    text: { format: { type: 'text' } },
    tool_choice: body['tool_choice'] ?? 'auto',
    tools: body['tools'] ?? [],
    top_p: body['top_p'] ?? 1,
    truncation: 'disabled',
    usage,
  });
  const status = tool === undefined && cut ? 'incomplete' : 'completed';
  const last = response(status, [item], {
    input_tokens: input,
    input_tokens_details: { cached_tokens: 0, cache_write_tokens: 0 },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: input + output,
  });
  if (body['stream'] !== true) return { status: 200, json: JSON.stringify(last) };

  const frames: string[] = [];
  const say = (type: string, more: object): void => {
    frames.push(frame({ type, sequence_number: frames.length, ...more }, type));
  };
  say('response.created', { response: response('in_progress', [], null) });
  say('response.in_progress', { response: response('in_progress', [], null) });
  if (tool === undefined) sayMessage(say, serial, words);
  else sayFunctionCall(say, serial, tool);
  say(`response.${status}`, { response: last });
  return { frames };
}

type Say = (type: string, more: object) => void;

function sayMessage(say: Say, serial: number, words: readonly string[]): void {
  const text = words.join('');
  const at = { item_id: `msg_demo_${serial}`, output_index: 0, content_index: 0 };
  say('response.output_item.added', { output_index: 0, item: { ...message(serial, ''), status: 'in_progress', content: [] } });
  say('response.content_part.added', { ...at, part: part('') });
  for (const delta of words) say('response.output_text.delta', { ...at, delta, logprobs: [] });
  say('response.output_text.done', { ...at, text, logprobs: [] });
  say('response.content_part.done', { ...at, part: part(text) });
  say('response.output_item.done', { output_index: 0, item: message(serial, text) });
}

function sayFunctionCall(say: Say, serial: number, tool: string): void {
  const at = { item_id: `fc_demo_${serial}`, output_index: 0 };
  say('response.output_item.added', { output_index: 0, item: { ...functionCall(serial, tool, ''), status: 'in_progress' } });
  say('response.function_call_arguments.delta', { ...at, delta: '{}' });
  say('response.function_call_arguments.done', { ...at, name: tool, arguments: '{}' });
  say('response.output_item.done', { output_index: 0, item: functionCall(serial, tool, '{}') });
}

function part(text: string): object {
  return { type: 'output_text', text, annotations: [], logprobs: [] };
}

function message(serial: number, text: string): object {
  return { id: `msg_demo_${serial}`, type: 'message', status: 'completed', role: 'assistant', content: [part(text)] };
}

function functionCall(serial: number, name: string, args: string): object {
  return { id: `fc_demo_${serial}`, type: 'function_call', status: 'completed', call_id: `call_demo_${serial}`, name, arguments: args };
}
