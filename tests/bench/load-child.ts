/** The callers: a closed loop of keep-alive connections in a process of its own. */
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { answerParent } from './channel.ts';
import type { Load } from './loads.ts';
import { makeMeters } from './meters.ts';
import { percentile } from './statistics.ts';

/** One run of a load against one address. */
export interface Order {
  readonly url: string;
  readonly token: string;
  readonly load: Load;
  readonly ca: string;
  /** No request begins after this time. */
  readonly limitMs: number;
}

export interface RunResult {
  readonly done: number;
  readonly errors: number;
  /** What was wrong with the first ones: a status, a system error's code, or a word. */
  readonly complaints: readonly string[];
  readonly seconds: number;
  /** Milliseconds to the end of the answer. */
  readonly p50: number;
  readonly p99: number;
}

const agents = new Map<string, Agent>();

answerParent({ ...makeMeters(), run, stop });

function stop(): void {
  for (const agent of agents.values()) agent.destroy();
}

async function run({ url, token, load, ca, limitMs }: Order): Promise<RunResult> {
  const agent = agentOf(url, ca);
  const body = Buffer.from(load.body);
  const options = { method: 'POST', agent, headers: { ...sdkHeaders, authorization: `Bearer ${token}`, 'content-length': body.length } };
  const target = new URL('/v1/chat/completions', url);
  const times: number[] = [];
  const complaints: string[] = [];
  let errors = 0;
  let left = load.requests;
  const from = performance.now();

  async function work(): Promise<void> {
    while (left > 0 && performance.now() - from < limitMs) {
      left -= 1;
      const begun = performance.now();
      const wrong = await call(target, options, body, load.endsWith);
      if (wrong === undefined) times.push(performance.now() - begun);
      else {
        errors += 1;
        if (complaints.length < 5) complaints.push(wrong);
      }
    }
  }
  await Promise.all(Array.from({ length: load.concurrency }, work));
  const seconds = (performance.now() - from) / 1000;
  return { done: times.length, errors, complaints, seconds, p50: percentile(times, 50), p99: percentile(times, 99) };
}

/** @returns what was wrong with the answer, if anything was */
function call(target: URL, options: object, body: Buffer, endsWith: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const req = request(target, options, (res) => {
      let last: Buffer = Buffer.alloc(0);
      res.on('data', (chunk: Buffer) => {
        last = chunk.length >= endsWith.length ? chunk : Buffer.concat([last, chunk]);
      });
      res.on('end', () => {
        if (res.statusCode !== 200) resolve(`status ${res.statusCode}: ${last.toString('utf8').slice(0, 200)}`);
        else resolve(last.toString('utf8').endsWith(endsWith) ? undefined : 'the answer is not whole');
      });
      res.on('error', (error) => resolve(error.message));
    });
    req.on('error', (error) => resolve(error.message));
    req.end(body);
  });
}

function agentOf(url: string, ca: string): Agent {
  let agent = agents.get(url);
  if (agent === undefined) {
    agent = new Agent({ keepAlive: true, maxSockets: 64, ca: readFileSync(ca, 'utf8') });
    agents.set(url, agent);
  }
  return agent;
}

/** What the OpenAI SDK for Node sends. */
const sdkHeaders = {
  accept: 'application/json',
  'content-type': 'application/json',
  'user-agent': 'OpenAI/JS 7.57.0',
  'x-stainless-retry-count': '0',
  'x-stainless-lang': 'js',
  'x-stainless-package-version': '7.57.0',
  'x-stainless-os': 'Linux',
  'x-stainless-arch': 'x64',
  'x-stainless-runtime': 'node',
  'x-stainless-runtime-version': 'v24.21.0',
  'x-stainless-timeout': '600',
};
