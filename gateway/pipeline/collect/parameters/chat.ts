import { countOf, type Reading } from './reading.ts';

/** OpenAI `POST /chat/completions`. */
export const chat: Reading = {
  known: new Set(
    (
      'model messages stream stream_options max_tokens max_completion_tokens temperature top_p n tools functions mcp_servers web_search_options ' +
      'tool_choice function_call parallel_tool_calls store service_tier response_format audio frequency_penalty presence_penalty logit_bias ' +
      'logprobs top_logprobs metadata modalities prediction prompt_cache_key prompt_cache_options reasoning_effort safety_identifier seed stop ' +
      'user verbosity'
    ).split(' '),
  ),
  caps: ['max_tokens', 'max_completion_tokens'],
  leastCap: 1,
  content: ['messages', 'tools', 'functions', 'response_format', 'prediction'],
  streams: true,
  read(fields, facts) {
    const count = countOf(fields.list('messages'));
    if (count !== undefined) facts.message_count = count;
    const format = fields.object('response_format');
    const type = format === undefined ? undefined : fields.word('type', format);
    if (type !== undefined) facts.response_format = type;
  },
};
