import { type Call, frame, member, type Reply, readLimit } from './call.ts';
import { countTokens, speak } from './words.ts';

/** `POST /completions`. */
export function answerCompletion(call: Call): Reply {
  const { body, model, serial, created } = call;
  const { words, cut } = speak(model, readLimit(call, 'max_tokens'));
  const finish = cut ? 'length' : 'stop';
  const prompt = countTokens(body['prompt']);
  const usage = { prompt_tokens: prompt, completion_tokens: words.length, total_tokens: prompt + words.length };
  const head = { id: `cmpl-demo-${serial}`, object: 'text_completion', created, model };
  const choice = (text: string, finish_reason: string | null): object => ({ text, index: 0, logprobs: null, finish_reason });
  if (body['stream'] !== true) {
    return { status: 200, json: JSON.stringify({ ...head, choices: [choice(words.join(''), finish)], usage }) };
  }
  const asked = member(body['stream_options'], 'include_usage') === true;
  const extra = asked ? { usage: null } : {};
  const frames = words.map((word) => frame({ ...head, choices: [choice(word, null)], ...extra }));
  frames.push(frame({ ...head, choices: [choice('', finish)], ...extra }));
  if (asked) frames.push(frame({ ...head, choices: [], usage }));
  frames.push('data: [DONE]\n\n');
  return { frames };
}
