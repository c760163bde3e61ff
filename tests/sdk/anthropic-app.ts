import Anthropic from '@anthropic-ai/sdk';

/*
 * An application that knows nothing of the gateway. Its base URL, key and CA come from the environment, as the SDK and Node read them; what it did is
 * written to standard output as JSON.
 *
 *   node anthropic-app.ts work <model>     every endpoint
 *   node anthropic-app.ts ask <model>      one message, or the error that it got
 */
const client = new Anthropic();
const [what = '', model = ''] = process.argv.slice(2);
const messages = [{ role: 'user' as const, content: 'Grüße aus Zürich 👋' }];

async function work(): Promise<object> {
  const message = await client.messages.create({ model, messages, max_tokens: 5 });
  const types: string[] = [];
  const stream = client.messages.stream({ model, messages, max_tokens: 100 });
  stream.on('streamEvent', ({ type }) => types.push(type));
  const final = await stream.finalMessage();
  const tools = [{ name: 'weather', input_schema: { type: 'object' as const } }];
  const called = await client.messages.create({ model, messages, max_tokens: 100, tools, tool_choice: { type: 'any' } });
  const count = await client.messages.countTokens({ model, messages });
  const listed: string[] = [];
  for await (const each of client.models.list()) listed.push(each.id);
  const retrieved = await client.models.retrieve(model);
  return {
    message: textOf(message),
    requestId: message._request_id,
    streamed: textOf(final),
    types: [types[0], types.at(-1)],
    called: called.content.map((block) => (block.type === 'tool_use' ? block.name : block.type)),
    counted: count.input_tokens > 0,
    listed,
    retrieved: retrieved.id,
  };
}

function textOf(message: Anthropic.Message): string {
  return message.content.map((block) => (block.type === 'text' ? block.text : '')).join('');
}

async function ask(): Promise<object> {
  try {
    const answer = await client.messages.create({ model, messages, max_tokens: 5 });
    return { answered: answer.model };
  } catch (error) {
    if (!(error instanceof Anthropic.APIError)) throw error;
    return { error: error.constructor.name, status: error.status, type: error.type, body: error.error, requestId: error.requestID };
  }
}

process.stdout.write(JSON.stringify(what === 'work' ? await work() : await ask()));
