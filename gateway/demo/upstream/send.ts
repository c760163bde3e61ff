import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import type { Reply } from './call.ts';
import type { Fault } from './faults.ts';

/** Headers that every real provider sends and that must not reach a caller: a gateway that passes them on shows it. */
const telltale = { server: 'regate-demo-upstream', 'set-cookie': '__demo=upstream; HttpOnly', 'x-demo-internal': 'stays-here' };

export interface Sending {
  readonly res: ServerResponse;
  /** The header that carries the request's id in this dialect, and the id. */
  readonly id: readonly [name: string, value: string];
  readonly fault: Fault | undefined;
  /** Time between two frames of a stream. */
  readonly paceMs: number;
}

/** Sends a reply, or fails at it in the way that was asked for. */
export async function send(reply: Reply, { res, id: [idName, id], fault, paceMs }: Sending): Promise<void> {
  const common = { ...telltale, [idName]: id };
  if (fault?.kind === 'raw') {
    res.writeHead(200, { ...common, ...fault.headers });
    for (const piece of fault.pieces) {
      res.write(piece);
      await pause(1);
    }
    res.end();
    return;
  }
  if ('json' in reply) {
    const body = Buffer.from(reply.json);
    res.writeHead(reply.status, { 'content-type': 'application/json', ...reply.headers, 'content-length': body.length, ...common });
    if (fault === undefined) {
      res.end(body);
      return;
    }
    res.write(body.subarray(0, body.length >> 1), () => fault.kind === 'die' && res.destroy());
    return;
  }
  res.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache', ...common });
  const until = fault !== undefined && 'frames' in fault ? fault.frames : reply.frames.length;
  for (const [index, frame] of reply.frames.slice(0, until).entries()) {
    if (index > 0 && paceMs > 0) await pause(paceMs);
    if (res.closed) return;
    if (!res.write(frame)) await Promise.race([once(res, 'drain'), once(res, 'close')]);
  }
  if (fault === undefined) res.end();
  else if (fault.kind === 'die') res.write('', () => res.destroy());
}
