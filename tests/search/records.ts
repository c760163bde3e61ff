import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { openDecisionLog } from '../../gateway/ledger/decision-log.ts';
import { keepLog } from '../pipeline/authenticate/clock.ts';

export const start = Date.parse('2026-03-02T00:00:00.000Z');

export interface Wanted {
  readonly at: number;
  readonly person: string;
  readonly agent?: string;
  readonly model: string;
  readonly code?: string;
  readonly revision: string;
}

const pad = (number: number, length: number) => String(number).padStart(length, '0');
export const idOf = (number: number): string => `0198a5a0-0000-7000-8000-${pad(number, 12)}`;

const principal = (kind: string, id: string) => ({ kind, id, issuer: 'okta', method: 'jwt', roles: [] });

/** A decision and its end, as the gateway writes them. */
export function describe(number: number, { at, person, agent, model, code, revision }: Wanted): readonly [object, object] {
  const base = {
    ...{ schema: 'regate.decision/1', decision_id: idOf(number), request_id: idOf(number + 500_000_000), attempt: 1 },
    ...{ timestamp: new Date(at).toISOString(), labels: {} },
  };
  const chain = [
    principal('person', person),
    ...(agent === undefined ? [] : [principal('agent', agent)]),
    { kind: 'token', id: `token-of-${person}`, issuer: 'okta', method: 'jwt', scopes: [] },
  ];
  const decided = {
    ...{
      ...base,
      kind: 'decided',
      decision: code === undefined ? 'allow' : 'deny',
      ...(code === undefined ? {} : { code: 'policy.denied' }),
    },
    ...{ requested_by: '127.0.0.1', request: { protocol: 'openai', operation: 'chat', method: 'POST', path: '/v1/chat/completions' } },
    identity: { chain },
    policy: { bundle: 'default', revision, digest: 'd', reasons: code === undefined ? [] : [{ code }], eval_us: 1, obligations: [] },
    model: { requested: model, sent: `${model}-sent` },
    ...(code === undefined ? { route: { backend: 'openai', model, credential: 'c' } } : {}),
  };
  const delivered = {
    ...{ ...base, kind: 'delivered', outcome: code === undefined ? 'completed' : 'refused', status: code === undefined ? 200 : 403 },
    ...{ usage: { input_tokens: 10, output_tokens: 5 }, bytes_sent: 1, timing: { total_ms: 1, overhead_us: 1 } },
  };
  return [decided, delivered];
}

export const administrative = (number: number, at: number, action: string, person: string): object => ({
  ...{ schema: 'regate.decision/1', kind: 'administrative', decision_id: idOf(number), timestamp: new Date(at).toISOString(), labels: {} },
  ...{ action, decision: 'allow', identity: { chain: [principal('person', person)] } },
});

/** A real log with these records, in a directory that goes with the test. */
export async function writeLog(t: TestContext, entries: readonly object[], maxSegmentBytes = 64 * 1024 * 1024): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'regate-search-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  await appendLog(directory, entries, maxSegmentBytes);
  return directory;
}

let runs = 0;

export async function appendLog(directory: string, entries: readonly object[], maxSegmentBytes = 64 * 1024 * 1024): Promise<void> {
  const clock = { now: () => start + runs * 1000, monotonic: () => performance.now() };
  const log = await openDecisionLog({ directory, maxSegmentBytes, clock, logger: keepLog().logger, run: `t${++runs}` });
  await Promise.all(entries.map((entry) => log.append(entry)));
  await log.close();
}
