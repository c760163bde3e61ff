import { createServer, type Server } from 'node:http';
import express from 'express';

/** Whether the gateway can serve, and what is in the way. */
export interface Readiness {
  readonly ready: boolean;
  /** Part → state, for people and probes; no secrets, no caller data. */
  readonly parts: Readonly<Record<string, unknown>>;
}

export interface DoorsNeeds {
  readonly readiness: () => Readiness;
  readonly metrics: { readonly contentType: string; text(): Promise<string> };
  readonly version: string;
}

/**
 * Makes the doors that are not model calls, on a listener of their own: `/livez` (the process turns), `/readyz` (a policy is in force, decisions
 * can be recorded, no shutdown is under way), `/metrics` (Prometheus text).
 */
export function makeDoors({ readiness, metrics, version }: DoorsNeeds): Server {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.get('/livez', (_req, res) => void res.json({ status: 'alive', version }));
  app.get('/readyz', (_req, res) => {
    const { ready, parts } = readiness();
    res.status(ready ? 200 : 503).json({ status: ready ? 'ready' : 'not ready', ...parts });
  });
  app.get('/metrics', async (_req, res) => {
    res.setHeader('content-type', metrics.contentType);
    res.end(await metrics.text());
  });
  app.use((_req, res) => void res.status(404).json({ error: 'There is no such door. See /livez, /readyz and /metrics.' }));
  app.use((_error: unknown, _req: express.Request, res: express.Response, _next: express.NextFunction) => {
    res.status(500).json({ error: 'The door failed; see the log.' });
  });
  return createServer(app);
}
