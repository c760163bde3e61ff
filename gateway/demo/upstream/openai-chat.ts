import { type Call, forcedTool, frame, member, type Reply, readLimit } from './call.ts';
import { countTokens, speak } from './words.ts';

/** `POST /chat/completions`. */
export function answerChat(call: Call): Reply {
  const { body, model, serial, created } = call;
  const { words, cut } = speak(model, readLimit(call, 'max_completion_tokens', 'max_tokens'));
  const tool = forcedTool(call);
  const toolCall =
    tool === undefined ? undefined : { id: `call_demo_${serial}`, type: 'function', function: { name: tool, arguments: '{}' } };
  const finish = toolCall === undefined ? (cut ? 'length' : 'stop') : 'tool_calls';
  const prompt = countTokens(body['messages'], body['tools']);
  const output = toolCall === undefined ? words.length : 1;
  const usage = {
    prompt_tokens: prompt,
    completion_tokens: output,
    total_tokens: prompt + output,
    prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 0, accepted_prediction_tokens: 0, rejected_prediction_tokens: 0 },
  };
  const head = { id: `chatcmpl-demo-${serial}`, created, model, service_tier: 'default', system_fingerprint: 'fp_demo' };
  if (body['stream'] !== true) {
    const said = toolCall === undefined ? { content: words.join('') } : { content: null, tool_calls: [toolCall] };
    const message = { role: 'assistant', ...said, refusal: null, annotations: [] };
    return {
      status: 200,
      json: JSON.stringify({
        ...head,
        object: 'chat.completion',
        choices: [{ index: 0, message, logprobs: null, finish_reason: finish }],
        usage,
      }),
    };
  }
  const asked = member(body['stream_options'], 'include_usage') === true;
  const chunk = (delta: object, finish_reason: string | null = null): string =>
    frame({
      ...head,
      object: 'chat.completion.chunk',
      choices: [{ index: 0, delta, logprobs: null, finish_reason }],
      ...(asked ? { usage: null } : {}),
    });
  const frames = [chunk({ role: 'assistant', content: '', refusal: null })];
  if (toolCall === undefined) frames.push(...words.map((content) => chunk({ content })));
  else frames.push(chunk({ tool_calls: [{ index: 0, ...toolCall }] }));
  frames.push(chunk({}, finish));
  if (asked) frames.push(frame({ ...head, object: 'chat.completion.chunk', choices: [], usage }));
  frames.push('data: [DONE]\n\n');
  return { frames };
}
