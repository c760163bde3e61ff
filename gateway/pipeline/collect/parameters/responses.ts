import { isObject } from '../../../json/is-object.ts';
import { countOf, type Reading } from './reading.ts';

/** How a policy sees that `input` reaches into state of the provider: as it sees `previous_response_id`, which does the same. */
const reference = 'input.item_reference';

/** OpenAI `POST /responses`. `previous_response_id` and `conversation` are in `other`: they reach state that the provider holds. */
export const responses: Reading = {
  known: new Set(
    (
      'model input instructions stream stream_options max_output_tokens max_tool_calls temperature top_p tools mcp_servers tool_choice ' +
      'parallel_tool_calls store background service_tier text reasoning include image metadata context_management truncation top_logprobs ' +
      'prompt prompt_cache_key prompt_cache_options safety_identifier user'
    ).split(' '),
  ),
  caps: ['max_output_tokens'],
  leastCap: 1,
  content: ['input', 'instructions', 'tools', 'text'],
  streams: true,
  read(fields, facts) {
    const count = countOf(fields.value['input']);
    if (count !== undefined) facts.message_count = count;
    if (Array.isArray(fields.value['input']) && fields.value['input'].some(isReference)) facts.other = [...facts.other, reference].sort();
    const background = fields.flag('background');
    if (background !== undefined) facts.background = background;
    const text = fields.object('text');
    const format = text === undefined ? undefined : fields.object('format', text);
    const type = format === undefined ? undefined : fields.word('type', format);
    if (type !== undefined) facts.response_format = type;
  },
};

/**
 * An item that stands for one which the provider holds, of whatever conversation with this credential. Its type may be left out; every other item
 * without a type is a message and has a role.
 */
function isReference(item: unknown): boolean {
  if (!isObject(item)) return false;
  const { type, role, id } = item;
  return type === 'item_reference' || (!isGiven(type) && !isGiven(role) && isGiven(id));
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}
