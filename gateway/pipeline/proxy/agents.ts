import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { createSecureContext, getCACertificates } from 'node:tls';
import type { Backend } from '../../vocabulary/catalogue.ts';

/** Idle connections are closed after this time, before the usual load balancers do it (60 s) and a request meets a closing connection. */
const idleMs = 45_000;

/** Connection pools, one for each backend: no connection made with one backend's trust is ever used for another. */
export interface Agents {
  of(backend: Backend): HttpAgent;
  /** Closes every connection, also those in use. */
  close(): void;
}

export function makeAgents(): Agents {
  const agents = new Map<string, HttpAgent>();
  return {
    of(backend) {
      const known = agents.get(backend.id);
      if (known !== undefined) return known;
      const agent = makeAgent(backend);
      agents.set(backend.id, agent);
      return agent;
    },
    close() {
      for (const agent of agents.values()) agent.destroy();
      agents.clear();
    },
  };
}

function makeAgent({ baseUrl, ca }: Backend): HttpAgent {
  const pool = { keepAlive: true, timeout: idleMs } as const;
  if (new URL(baseUrl).protocol === 'http:') return new HttpAgent(pool);
  return new HttpsAgent({ ...pool, ...(ca === undefined ? {} : trust(ca)), minVersion: 'TLSv1.2', rejectUnauthorized: true });
}

/**
 * Trust in roots of the backend's own beside the default ones, which a list replaces and which are named again for that reason. As a context, not as
 * the option `ca`: Node's agent makes the text of all certificates a part of the key under which it looks for an idle connection, at each request.
 */
function trust(ca: string) {
  return { secureContext: createSecureContext({ ca: [...getCACertificates('default'), ca], minVersion: 'TLSv1.2' }) };
}
