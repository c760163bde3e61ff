import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { dialects } from '../../gateway/backends/dialects.ts';
import { start } from '../../gateway/demo/upstream/upstream.ts';
import { isRefusal } from '../../gateway/errors.ts';
import { systemClock } from '../../gateway/observe/clock.ts';
import { makeInject } from '../../gateway/pipeline/inject/inject.ts';
import { makeProxy } from '../../gateway/pipeline/proxy/proxy.ts';
import { seal } from '../../gateway/secret.ts';
import type { Backend } from '../../gateway/vocabulary/catalogue.ts';
import type { Logger } from '../../gateway/vocabulary/logger.ts';
import { decisionId, forwardPermit } from '../pipeline/proxy/stage.ts';

/*
 * The attack: many requests at once, so that one of them goes out with the options of another: to the wrong backend, with the wrong credential or
 * body. One middleware serves all backends, and its options are per request only because the library copies them.
 */

const silent: Logger = { error: () => undefined, warn: () => undefined, info: () => undefined, debug: () => undefined };

test('requests that run at once never exchange backend, credential or body', async () => {
  const ids = ['red', 'blue', 'green'];
  const upstreams = await Promise.all(ids.map((id) => start({ credential: `credential-of-${id}` })));
  const backends = new Map<string, Backend>(
    ids.map((id, index) => {
      const baseUrl = `${upstreams[index]?.url}/v1`;
      return [
        id,
        { id, protocol: 'openai', baseUrl, credential: id, auth: 'bearer', timeoutMs: { connect: 2_000, idle: 2_000 }, serves: [] },
      ];
    }),
  );
  const catalogue = { backends };
  const vault = { fetch: async (id: string) => ({ secret: seal(`credential-of-${id}`), version: '1' }) };
  const { inject } = makeInject({ vault, catalogue, dialects, userAgent: 'regate/test' });
  const proxy = makeProxy({ catalogue, dialects, clock: systemClock, logger: silent });
  const server = createServer(async (req, res) => {
    const model = (req.url ?? '').slice(1);
    const backend = model.split('-', 1)[0] ?? '';
    const body = Buffer.from(JSON.stringify({ model, messages: [] }));
    const route = { backend, model, upstreamModel: model, credential: backend };
    const permit = forwardPermit({ protocol: 'openai', operation: 'chat', path: '/chat/completions', route, body });
    const armed = await inject(permit, { headers: new Map() });
    assert.ok(!isRefusal(armed));
    await proxy.carry(armed, req, res, decisionId);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    const models = Array.from({ length: 120 }, (_, index) => `${ids[index % ids.length]}-${index}`);
    const texts = await Promise.all(models.map(async (model) => (await fetch(`${url}/${model}`)).text()));
    for (const [index, text] of texts.entries()) assert.ok(text.includes(`asked for ${models[index]} `), text);
    for (const [index, upstream] of upstreams.entries()) {
      assert.equal(upstream.requests.length, 40);
      for (const { headers, body } of upstream.requests) {
        assert.equal(headers.authorization, `Bearer credential-of-${ids[index]}`);
        assert.ok(body.toString().includes(`"${ids[index]}-`));
      }
    }
  } finally {
    proxy.close();
    server.close();
    server.closeAllConnections();
    await Promise.all(upstreams.map((upstream) => upstream.close()));
  }
});
