/** One kind of traffic. */
export interface Load {
  readonly name: 'small' | 'large' | 'stream';
  readonly title: string;
  readonly body: string;
  /** What a whole answer ends with; anything else is an error. */
  readonly endsWith: string;
  readonly concurrency: number;
  /** Requests in one round. */
  readonly requests: number;
}

const model = 'gpt-5-mini';
const system =
  'You are a careful assistant of the platform team. Answer in Markdown, name the files that you mean, and say when you are not sure.';
const question =
  'Our nightly job "reconcile-ledger" fails since Tuesday with `duplicate key value violates unique constraint "entries_pkey"`.\n' +
  'It retries three times, then gives up; the runbook says "check the sequence", which I did: it is ahead of max(id).\n' +
  'What else could lead to this, and how do I find out without stopping the importer? Größe der Tabelle: 41 GB – täglich +300 MB.';
const turn = `${question}\n${'| 2026-03-01T02:14:07Z | worker-3 | INSERT INTO entries … | 23505 | "retry" |\n'.repeat(300)}`;

const chat = (messages: readonly object[], more: object = {}) =>
  JSON.stringify({ model, messages, temperature: 0.2, max_completion_tokens: 512, ...more });

const smallMessages = [
  { role: 'system', content: system },
  { role: 'user', content: question },
];
const largeMessages = [
  { role: 'system', content: system },
  ...Array.from({ length: 8 }, (_, index) => ({ role: index % 2 === 0 ? 'user' : 'assistant', content: turn })),
  { role: 'user', content: 'Go on.' },
];

/** The events of one stream, as OpenAI sends them with `include_usage`: 50 pieces of text, the finish, the usage, the end. */
export const streamedFrames: readonly string[] = frames(50);

function frames(words: number): readonly string[] {
  const head = { id: 'chatcmpl-bench-1', object: 'chat.completion.chunk', created: 1772366400, model, service_tier: 'default' };
  const chunk = (delta: object, finish_reason: string | null = null) =>
    `data: ${JSON.stringify({ ...head, choices: [{ index: 0, delta, logprobs: null, finish_reason }], usage: null })}\n\n`;
  const usage = { prompt_tokens: 180, completion_tokens: words, total_tokens: 180 + words };
  return [
    chunk({ role: 'assistant', content: '', refusal: null }),
    ...Array.from({ length: words }, (_, index) => chunk({ content: ` word${index}` })),
    chunk({}, 'stop'),
    `data: ${JSON.stringify({ ...head, choices: [], usage })}\n\n`,
    'data: [DONE]\n\n',
  ];
}

/** @param scale the share of a full round's requests */
export function makeLoads(scale: number): readonly Load[] {
  const count = (requests: number) => Math.max(64, Math.round(requests * scale));
  return [
    { name: 'small', title: 'small bodies', body: chat(smallMessages), endsWith: '}', concurrency: 64, requests: count(3000) },
    { name: 'large', title: '200 KB bodies', body: chat(largeMessages), endsWith: '}', concurrency: 16, requests: count(600) },
    {
      name: 'stream',
      title: 'streams',
      body: chat(smallMessages, { stream: true, stream_options: { include_usage: true } }),
      endsWith: 'data: [DONE]\n\n',
      concurrency: 16,
      requests: count(400),
    },
  ];
}
