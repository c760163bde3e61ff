import { loadConfiguration } from '../../gateway/config/load.ts';
import { makeEngine } from '../../gateway/engine/engine.ts';
import { systemClock } from '../../gateway/observe/clock.ts';
import { newId } from '../../gateway/observe/new-id.ts';
import type { Question } from '../../gateway/pipeline/decide/decide.ts';
import { readAnswer } from '../../gateway/pipeline/decide/read-answer.ts';
import type { Configuration } from '../../gateway/vocabulary/configuration.ts';
import type { PinnedPolicy } from '../../gateway/vocabulary/decision.ts';
import type { Principal, TokenLink } from '../../gateway/vocabulary/identity.ts';
import type { Logger } from '../../gateway/vocabulary/logger.ts';
import type { Workbench } from './workbench.ts';

/** Costs nothing, so that only what is measured is measured. */
export const silent: Logger = { error: () => undefined, warn: () => undefined, info: () => undefined, debug: () => undefined };

export interface Scene {
  readonly configuration: Configuration;
  readonly policy: PinnedPolicy;
}

/** The default policies over the workbench's catalogue. */
export async function openScene(bench: Workbench, bundle?: string): Promise<Scene> {
  const configuration = loadConfiguration(await bench.configure('https://127.0.0.1:1'), { environment: {} });
  const policy = { ...configuration.policy, ...(bundle === undefined ? {} : { bundle }) };
  const engine = makeEngine({
    policy,
    catalogue: configuration.catalogue,
    clock: systemClock,
    logger: silent,
    checkAnswer: readAnswer,
    every: () => () => undefined,
  });
  await engine.start();
  const current = engine.current();
  if (current === undefined) throw new Error(`no policy: ${engine.status().message ?? 'no reason given'}`);
  return { configuration, policy: current };
}

const ada: Principal = {
  kind: 'person',
  id: 'demo:ada',
  issuer: 'demo',
  method: 'jwt',
  roles: ['engineer'],
  groups: ['platform-team'],
  claims: {},
};
const token: TokenLink = {
  kind: 'token',
  id: '019ca000-0000-7000-8000-000000000001',
  issuer: 'demo',
  method: 'jwt',
  scopes: [],
  issued_at: '2026-03-01T08:00:00.000Z',
  expires_at: '2026-03-01T20:00:00.000Z',
};

/** An engineer's chat. @param managed from a laptop that is managed, or from one that is not */
export function ask(policy: PinnedPolicy, managed: boolean, model = 'gpt-5-mini'): Question {
  const now = Date.now();
  return {
    decisionId: newId(now),
    accepted: {
      requestId: newId(now),
      receivedAt: now,
      startedAt: systemClock.monotonic(),
      method: 'POST',
      path: '/v1/chat/completions',
      peer: { address: '127.0.0.1', port: 40_000, encrypted: true },
      protocol: 'openai',
      operation: 'chat',
      upstreamPath: '/chat/completions',
      credentials: [],
      headers: new Map(),
    },
    chain: { chain: [ada, token], principals: [ada], originator: ada, caller: ada, attested: {} },
    facts: {
      context: {
        device: { id: 'laptop-ada', managed, os: 'macOS', evidence: 'attested' },
        location: { ip: '127.0.0.1', network: 'loopback', evidence: 'peer' },
        time: { weekday: 'tuesday', hour: 14, zone: 'UTC' },
      },
      model: { requested: model, resolved: model, candidates: [{ model }] },
      parameters: { max_tokens: 512, temperature: 0.2, message_count: 2, estimated_input_tokens: 180, other: [] },
      stream: false,
      sizeBytes: 780,
      ignoredHeaders: [],
    },
    attempt: { number: 1, previous: [] },
    policy,
  };
}
