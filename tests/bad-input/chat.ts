import { randomUUID } from 'node:crypto';
import { callers, mintToken } from '../story/callers.ts';
import { type Answered, send } from '../story/send.ts';
import type { World } from '../story/world.ts';

/** Asks for a chat as the engineer does, or as somebody else, or as nobody. */
export function chat(world: World, body: object = {}, caller: string | undefined = 'engineer'): Promise<Answered> {
  const text = Buffer.from(JSON.stringify({ model: 'gpt-5-mini', messages: [], ...body }));
  const claims = caller === 'nobody' ? undefined : callers[caller];
  return send(world, {
    method: 'POST',
    path: '/v1/chat/completions',
    headers: {
      'content-type': 'application/json',
      'content-length': String(text.length),
      ...(claims === undefined ? {} : { authorization: `Bearer ${mintToken(claims, { now: world.clock.now(), id: randomUUID() })}` }),
    },
    body: text,
  });
}

/** The code of an error in the OpenAI dialect. */
export function codeOf({ body }: Answered): unknown {
  return (JSON.parse(body) as { error?: { code?: unknown } }).error?.code;
}

/** The answer of a door. */
export async function openDoor(world: World, path: string): Promise<{ readonly status: number; readonly body: Record<string, unknown> }> {
  const answer = await fetch(`${world.gateway.doorsUrl}${path}`);
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
}
