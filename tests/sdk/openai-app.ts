import OpenAI from 'openai';

/*
 * An application that knows nothing of the gateway. Its base URL, key and CA come from the environment, as the SDK and Node read them; what it did is
 * written to standard output as JSON.
 *
 *   node openai-app.ts work <model>     every endpoint
 *   node openai-app.ts ask <model>      one chat, or the error that it got
 */
const client = new OpenAI();
const [what = '', model = ''] = process.argv.slice(2);
const messages = [{ role: 'user' as const, content: 'Grüße aus Zürich 👋' }];

async function work(): Promise<object> {
  const chat = await client.chat.completions.create({ model, messages, max_completion_tokens: 5 });
  let streamed = '';
  for await (const chunk of await client.chat.completions.create({ model, messages, stream: true })) {
    streamed += chunk.choices[0]?.delta.content ?? '';
  }
  const tools = [{ type: 'function' as const, function: { name: 'weather', parameters: { type: 'object', properties: {} } } }];
  const called = await client.chat.completions.stream({ model, messages, tools, tool_choice: 'required' }).finalChatCompletion();
  const completion = await client.completions.create({ model, prompt: 'Once', max_tokens: 3 });
  let completed = '';
  for await (const chunk of await client.completions.create({ model, prompt: 'Once', max_tokens: 3, stream: true })) {
    completed += chunk.choices[0]?.text ?? '';
  }
  const response = await client.responses.create({ model, input: 'Hello', max_output_tokens: 4 });
  const final = await client.responses.stream({ model, input: 'Hello' }).finalResponse();
  const embedding = await client.embeddings.create({ model: 'text-embedding-3-small', input: ['one', 'two'] });
  const listed: string[] = [];
  for await (const each of client.models.list()) listed.push(each.id);
  const retrieved = await client.models.retrieve(model);
  return {
    chat: chat.choices[0]?.message.content,
    requestId: chat._request_id,
    streamed,
    called: called.choices[0]?.message.tool_calls?.map((call) => (call.type === 'function' ? call.function.name : call.type)),
    completion: completion.choices[0]?.text,
    completed,
    response: response.output_text,
    responseStream: final.output_text,
    embeddings: embedding.data.map((each) => each.embedding.length > 0),
    listed,
    retrieved: retrieved.id,
  };
}

async function ask(): Promise<object> {
  try {
    const answer = await client.chat.completions.create({ model, messages });
    return { answered: answer.model };
  } catch (error) {
    if (error instanceof OpenAI.APIConnectionError) return { error: 'APIConnectionError', cause: describeCause(error) };
    if (!(error instanceof OpenAI.APIError)) throw error;
    return {
      error: error.constructor.name,
      status: error.status,
      code: error.code,
      type: error.type,
      body: error.error,
      requestId: error.requestID,
    };
  }
}

function describeCause(error: Error): unknown {
  let cause: unknown = error;
  while (cause instanceof Error && cause.cause !== undefined) cause = cause.cause;
  return cause instanceof Error && 'code' in cause ? cause.code : String(cause);
}

process.stdout.write(JSON.stringify(what === 'work' ? await work() : await ask()));
