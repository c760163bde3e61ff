/** What the gateway is measured against: Express 5 and http-proxy-middleware 4 with nothing between them, and the same TLS on both sides. */
import { readFileSync } from 'node:fs';
import { Agent, createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createSecureContext, getCACertificates } from 'node:tls';
import express from 'express';
import { createProxyMiddleware } from 'http-proxy-middleware';
import { answerParent } from './channel.ts';
import { makeMeters } from './meters.ts';
import type { Pem } from './workbench.ts';

let server: Server | undefined;

answerParent({
  ...makeMeters(),
  start({ upstreamUrl, pem }: { readonly upstreamUrl: string; readonly pem: Pem }) {
    // As gateway/pipeline/proxy/agents.ts makes them.
    const agent = new Agent({
      keepAlive: true,
      timeout: 45_000,
      secureContext: createSecureContext({ ca: [...getCACertificates('default'), readFileSync(pem.ca, 'utf8')], minVersion: 'TLSv1.2' }),
      minVersion: 'TLSv1.2',
      rejectUnauthorized: true,
    });
    const app = express();
    app.disable('x-powered-by');
    app.disable('etag');
    app.use(createProxyMiddleware({ target: upstreamUrl, agent, secure: true }));
    const made = createServer(
      // As gateway/server.ts has them.
      {
        cert: readFileSync(pem.certificate, 'utf8'),
        key: readFileSync(pem.key, 'utf8'),
        minVersion: 'TLSv1.2',
        keepAliveTimeout: 75_000,
        requestTimeout: 0,
        noDelay: true,
      },
      app,
    );
    server = made;
    return new Promise((resolve, reject) => {
      made.once('error', reject);
      made.listen(0, '127.0.0.1', () => resolve({ url: `https://localhost:${(made.address() as AddressInfo).port}` }));
    });
  },
  stop() {
    server?.close();
    server?.closeAllConnections();
  },
});
