import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { readAnswer } from '../../gateway/pipeline/decide/read-answer.ts';
import type { Asked, OpaSide, OpaSources } from './opa-sides.ts';

/**
 * `opa run --server`, with what it does by itself turned off. Timed is what a gateway would wait for: the input written, sent over the one connection
 * that is kept, the response read and the answer checked.
 */
export async function startOpaServer(program: string, { paths, ignored }: OpaSources): Promise<OpaSide> {
  const port = await findPort();
  const quiet = ['--log-level=error', '--disable-telemetry', ...ignored.map((name) => `--ignore=${name}`)];
  // Any flag of OPA can be set by a variable; the caller's have no part in this.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('OPA_')));
  const child = spawn(program, ['run', '--server', `--addr=127.0.0.1:${port}`, ...quiet, ...paths], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => void said.push(text));
  const closed = once(child, 'close');
  const orphaned = () => child.kill('SIGKILL');
  process.once('exit', orphaned);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const stop = async (): Promise<void> => {
    agent.destroy();
    child.kill();
    await closed;
    process.off('exit', orphaned);
  };

  try {
    await ready(child, port, agent);
  } catch (cause) {
    await stop();
    throw new Error(`the opa server does not start: ${said.join('')}`, { cause });
  }
  return {
    async ask(input, count): Promise<Asked> {
      const times: number[] = [];
      let first: string | undefined;
      let differing = 0;
      for (let number = 0; number < count; number += 1) {
        const from = performance.now();
        const { status, text, reused } = await post(port, agent, JSON.stringify({ input }));
        const { result } = JSON.parse(text) as { readonly result?: unknown };
        readAnswer(result);
        times.push((performance.now() - from) * 1000);
        if (status !== 200) throw new Error(`the opa server answers ${status}: ${text}`);
        if (!reused) throw new Error('the opa server did not keep the connection');
        first ??= text;
        if (text !== first) differing += 1;
      }
      return { times, value: (JSON.parse(first ?? '{}') as { readonly result?: unknown }).result, differing };
    },
    stop,
  };
}

interface Answered {
  readonly status: number | undefined;
  readonly text: string;
  /** The connection had been used before. */
  readonly reused: boolean;
}

function post(port: number, agent: Agent, body: string): Promise<Answered> {
  return send(port, agent, { method: 'POST', path: '/v1/data/gateway/decision/answer' }, body);
}

function send(port: number, agent: Agent, what: { readonly method: string; readonly path: string }, body: string): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const sent = request({ host: '127.0.0.1', port, agent, headers, ...what }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => {
        text += part;
      });
      response.on('end', () => resolve({ status: response.statusCode, text, reused: sent.reusedSocket }));
      response.on('error', reject);
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

/** Waits until it serves, and leaves a connection open. */
async function ready(child: ChildProcess, port: number, agent: Agent): Promise<void> {
  let refused: unknown;
  for (const until = performance.now() + 20_000; performance.now() < until; await wait(50)) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error('it ended');
    try {
      const { status } = await send(port, agent, { method: 'GET', path: '/health' }, '');
      if (status === 200) return;
      refused = `status ${status}`;
    } catch (error) {
      // Not yet listening, which is what is waited for; the last reason is told.
      refused = error;
    }
  }
  throw new Error('it does not answer', { cause: refused });
}

/** A port that is free now: OPA does not tell which one it chose. */
async function findPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
