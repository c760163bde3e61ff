import { createServer as createPlainServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer, type Server as SecureServer } from 'node:https';
import express from 'express';
import { describe, isRefusal, type Refusal, refuse } from '../../errors.ts';
import { parseStrictly } from '../../json/parse-strictly.ts';
import { scrub } from '../../secret/known.ts';
import type { Logger } from '../../vocabulary/logger.ts';
import type { Authorize } from './authorize.ts';
import type { AdminDoor, Knock, Reply } from './door.ts';
import type { Identify } from './identify.ts';

export interface AdminServerNeeds {
  readonly identify: Identify;
  readonly authorize: Authorize;
  readonly doors: readonly AdminDoor[];
  readonly logger: Logger;
  /** Certificate and key in PEM; absent for plaintext. */
  readonly tls?: { readonly cert: string; readonly key: string };
}

const bodyBytes = 1024 * 1024;

/**
 * Makes the administrative listener. Every request, whatever its door, goes one way: who is it, what is asked, what does the policy say, is that on
 * the record, and only then it is done. No body is read for a caller who is not authenticated. Errors are problem details (RFC 9457).
 */
export function makeAdminServer({ identify, authorize, doors, logger, tls }: AdminServerNeeds): Server | SecureServer {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');

  for (const door of doors) app[door.method.toLowerCase() as 'get' | 'post' | 'put' | 'delete'](door.path, serve(door));
  app.use((_req, res) => tell(res, refuse('admin.unknown-door')));
  app.use((error: unknown, _req: express.Request, res: express.Response, _next: express.NextFunction) => {
    if (isClientError(error)) return tell(res, refuse('admin.malformed'));
    logger.error('an administrative door failed', { error });
    tell(res, refuse('gateway.error'));
  });
  return tls === undefined ? createPlainServer(app) : createSecureServer({ ...tls, minVersion: 'TLSv1.2' }, app);

  function serve(door: AdminDoor) {
    return async (req: express.Request, res: express.Response): Promise<void> => {
      const petitioner = await identify(req);
      if ('refusal' in petitioner) return tell(res, petitioner.refusal);
      const bytes = await readBody(req, res, door.takesBytes ?? bodyBytes);
      const takesJson = door.takesBytes === undefined && bytes !== undefined && bytes.length > 0;
      const parsed = takesJson ? parseStrictly(bytes) : undefined;
      if (parsed !== undefined && 'problem' in parsed) return tell(res, refuse(parsed.problem));
      const query = new URLSearchParams(req.url.split('?', 2)[1] ?? '');
      const path = Object.fromEntries(Object.entries(req.params).map(([name, value]) => [name, String(value)]));
      const knock: Knock = {
        path,
        query,
        body: parsed?.value,
        ...(door.takesBytes !== undefined && bytes !== undefined && { bytes }),
        petitioner,
        req,
      };
      const action = door.ask(knock);
      if (isRefusal(action)) return tell(res, action);
      const authorized = await authorize(petitioner, action);
      if (authorized.kind === 'refusal') return tell(res, authorized, authorized.decisionId);
      let reply: Reply | Refusal;
      try {
        reply = await door.act(knock, authorized);
      } catch (error) {
        authorized.failed('gateway.error');
        logger.error('an administrative action broke off', { action: action.action, decision_id: authorized.decisionId, error });
        return tell(res, refuse('gateway.error'), authorized.decisionId);
      }
      if (isRefusal(reply)) {
        authorized.failed(reply.code, reply.detail);
        return tell(res, reply, authorized.decisionId);
      }
      res.setHeader('x-regate-decision-id', authorized.decisionId);
      res.setHeader('cache-control', 'no-store');
      if ('write' in reply) return await reply.write(res);
      res.status(reply.status).json(reply.json);
    };
  }

  function readBody(req: express.Request, res: express.Response, limit: number): Promise<Buffer | undefined> {
    return new Promise((resolve, reject) => {
      express.raw({ type: () => true, limit, inflate: false })(req, res, (error?: unknown) => {
        if (error) reject(error);
        else resolve(Buffer.isBuffer(req.body) ? req.body : undefined);
      });
    });
  }
}

/** What Express and its body reader say of a request that is the client's fault. */
function isClientError(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'status' in error && typeof error.status === 'number' && error.status < 500;
}

/** Problem details (RFC 9457): what happened, in the words of the table of errors, and under which decision it is recorded. */
function tell(res: ServerResponse<IncomingMessage>, refusal: Refusal, decisionId?: string): void {
  if (res.headersSent) {
    res.destroy();
    return;
  }
  const { status, tell: sentence } = describe(refusal.code);
  const shown = refusal.reasons.filter(({ public: isPublic }) => isPublic).map(({ code }) => code);
  res.writeHead(status, {
    'content-type': 'application/problem+json',
    'cache-control': 'no-store',
    ...(decisionId === undefined ? {} : { 'x-regate-decision-id': decisionId }),
    ...(status === 401 ? { 'www-authenticate': 'Bearer' } : {}),
  });
  res.end(
    JSON.stringify({
      type: `urn:regate:error:${refusal.code}`,
      title: scrub(refusal.message ?? sentence).text,
      status,
      code: refusal.code,
      ...(shown.length > 0 ? { reasons: shown } : {}),
      ...(decisionId === undefined ? {} : { decision_id: decisionId }),
    }),
  );
}
