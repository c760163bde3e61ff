import assert from 'node:assert/strict';
import { isRefusal, type Refusal } from '../../../gateway/errors.ts';
import { scanJson } from '../../../gateway/json/scan.ts';
import { makeEnforce } from '../../../gateway/pipeline/enforce/enforce.ts';
import type { Backend, Catalogue, Model } from '../../../gateway/vocabulary/catalogue.ts';
import type { Answer, Decision, Obligation } from '../../../gateway/vocabulary/decision.ts';
import type { Facts, ToolFact } from '../../../gateway/vocabulary/facts.ts';
import type { Principal } from '../../../gateway/vocabulary/identity.ts';
import type { ForwardPermit, Permit } from '../../../gateway/vocabulary/permit.ts';
import type { Accepted, Operation, Protocol } from '../../../gateway/vocabulary/request.ts';

const backend = (id: string, protocol: Protocol): Backend => ({
  id,
  protocol,
  baseUrl: 'http://127.0.0.1:1/v1',
  credential: id,
  auth: 'bearer',
  timeoutMs: { connect: 1, idle: 1 },
  serves: [],
});
const model = (id: string, aliases: readonly string[] = []): Model => ({ id, aliases, operations: ['chat'] });

export const catalogue: Catalogue = {
  models: new Map([model('small', ['fast']), model('frontier'), model('haiku')].map((entry) => [entry.id, entry])),
  names: new Map([
    ['small', 'small'],
    ['fast', 'small'],
    ['frontier', 'frontier'],
    ['haiku', 'haiku'],
  ]),
  backends: new Map([backend('openai', 'openai'), backend('anthropic', 'anthropic')].map((entry) => [entry.id, entry])),
  servedBy: new Map([
    ['small', ['openai', 'anthropic']],
    ['frontier', ['openai', 'anthropic']],
    ['haiku', ['anthropic']],
  ]),
  digest: '0',
};

const ann: Principal = { kind: 'person', id: 'okta:ann', issuer: 'okta', method: 'jwt', roles: [], groups: [], claims: {} };

export const policy = { bundle: 'main', revision: '1', digest: 'd' };

export interface Case {
  readonly protocol?: Protocol;
  readonly operation?: Operation;
  readonly modelInPath?: string;
  /** The body's text; `model` is `small` there. */
  readonly body?: string;
  readonly stream?: boolean;
  /** Every tool, as collect would list them. */
  readonly tools?: readonly ToolFact[];
  readonly obligations?: readonly Obligation[];
  readonly answer?: Partial<Answer>;
  readonly listing?: readonly string[];
  /** The backend's name of the model; the same as the caller's unless said otherwise. */
  readonly upstreamModel?: string;
  readonly backend?: string;
  /** Who is behind the request: a person without any assurance unless said otherwise. */
  readonly originator?: Partial<Principal>;
  /** When it came, milliseconds since the epoch. */
  readonly at?: number;
  readonly loginUrl?: string;
  /** `false` for a decision that an earlier stage left without a route. */
  readonly route?: false;
}

/** Asks enforce about one case. */
export function enforce(given: Case): Permit | Refusal {
  const { protocol = 'openai', operation = 'chat', stream = false, tools = [], upstreamModel = 'small' } = given;
  const { body = '{"model":"small"}', listing, obligations = [] } = given;
  const accepted: Accepted = {
    requestId: 'r',
    receivedAt: given.at ?? 0,
    startedAt: 0,
    method: operation === 'models' ? 'GET' : 'POST',
    path: '/v1/x',
    peer: { address: '127.0.0.1', port: 1, encrypted: true },
    protocol,
    operation,
    upstreamPath: '/x',
    credentials: [],
    headers: new Map(),
    ...(given.modelInPath !== undefined && { modelInPath: given.modelInPath }),
  };
  const context = { time: { weekday: 'monday', hour: 0, zone: 'UTC' } };
  const bytes = Buffer.from(body);
  const scanned = scanJson(bytes, { maxDepth: 32, maxValues: 1000 });
  assert.ok('members' in scanned, 'a test’s body is strict JSON');
  const value = JSON.parse(body) as Record<string, unknown>;
  const read = { bytes, members: scanned.members, outline: value, value };
  const facts: Facts = {
    context,
    stream,
    sizeBytes: bytes.length,
    ...(operation !== 'models' && { body: read, parameters: { tools, other: [] } }),
    ignoredHeaders: [],
  };
  const attempt = { number: 1, previous: [] };
  const originator = { ...ann, ...given.originator };
  const decision: Decision = {
    decisionId: 'd',
    attempt,
    policy,
    input: {
      version: 1,
      request: {
        id: 'r',
        time: '1970-01-01T00:00:00Z',
        protocol,
        operation,
        method: accepted.method,
        path: '/v1/x',
        stream,
        size_bytes: 0,
      },
      identity: { chain: [originator], principals: [originator], originator, caller: originator },
      context,
      attempt,
    },
    answer: { allow: true, reasons: [], fallbacks: [], obligations, ...given.answer },
    evalUs: 1,
    ...(operation !== 'models' &&
      given.route !== false && { route: { backend: given.backend ?? protocol, model: 'small', upstreamModel, credential: 'c' } }),
    ...(listing !== undefined && { listing }),
  };
  const { loginUrl } = given;
  return makeEnforce({ catalogue, ...(loginUrl !== undefined && { loginUrl }) })(decision, accepted, facts);
}

/** The permit of a case that is expected to get one. */
export function permit(given: Case): ForwardPermit {
  const result = enforce(given);
  assert.ok(!isRefusal(result), `refused: ${isRefusal(result) ? result.code : ''}`);
  assert.ok(result.kind === 'forward');
  return result;
}

/** The body's text that would be sent. */
export function sent(given: Case): string {
  return Buffer.from(permit(given).body ?? []).toString();
}

/** The refusal's code of a case that is expected to be refused. */
export function refused(given: Case): string {
  const result = enforce(given);
  assert.ok(isRefusal(result), 'a permit was made');
  return result.code;
}
