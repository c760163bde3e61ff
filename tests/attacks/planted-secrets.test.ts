import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { after, before, suite, test } from 'node:test';
import { buildConfiguration } from '../../gateway/config/load.ts';
import { type Gateway, startGateway } from '../../gateway/main.ts';
import { systemClock } from '../../gateway/observe/clock.ts';
import { makeLogger } from '../../gateway/observe/logger.ts';
import { kinds } from '../secret/kinds.ts';
import { callers, mintToken } from '../story/callers.ts';
import { type Scene, setScene } from '../story/scene.ts';
import { type Answered, send } from '../story/send.ts';

/*
 * Secrets of every kind are planted in every field of requests and of backends' answers. None may come up in the decision log, the checkpoints, the operational
 * log, the metrics, the doors, or an error that a caller is told. What a backend answers goes to the caller who asked for it, and nowhere else.
 */

suite('secrets that are planted in requests and answers', () => {
  let scene: Scene;
  let gateway: Gateway;
  let upstream: Server;
  /** What the backend answers the next requests with. */
  let plant = { secret: '', status: 200 };
  let logged = '';
  const planted: string[] = [];
  const told: string[] = [];
  const token = mintToken(callers['engineer'] ?? {}, { now: systemClock.now(), id: 'planter' });

  before(async () => {
    upstream = createServer((req, res) => {
      req.resume();
      req.on('end', () => {
        const { secret, status } = plant;
        const safe = secret.replaceAll('\n', ' ');
        res.writeHead(status, {
          'content-type': 'application/json',
          'x-request-id': safe,
          'openai-organization': safe,
          'x-ratelimit-reset': safe,
        });
        const message = { role: 'assistant', content: secret, tool_calls: [{ id: secret, function: { name: secret, arguments: secret } }] };
        const choice = { index: 0, finish_reason: secret, message };
        const answer = {
          id: secret,
          model: secret,
          choices: [choice],
          usage: { prompt_tokens: 1, completion_tokens: 1 },
          system_fingerprint: secret,
        };
        res.end(JSON.stringify(status === 200 ? answer : { error: { message: secret, type: secret, code: secret, param: secret } }));
      });
    });
    await new Promise<void>((resolve) => void upstream.listen(0, '127.0.0.1', resolve));
    const { port } = upstream.address() as AddressInfo;
    scene = await setScene({
      change: (described) => ({
        ...described,
        backends: described.backends.map((backend) => ({ ...backend, base_url: `http://127.0.0.1:${port}/v1` })),
        record: { ...described.record, anonymous_per_second: 10_000 },
      }),
    });
    const stream = new Writable({
      write(chunk, _encoding, done) {
        logged += String(chunk);
        done();
      },
    });
    const configuration = buildConfiguration(scene.configurationPath, scene.configurationText, { environment: scene.environment });
    const logger = makeLogger({ level: 'debug', format: 'json', stream });
    gateway = await startGateway(configuration, { logger, environment: scene.environment });
  });

  after(async () => {
    await gateway.stop();
    await new Promise((resolve) => upstream.close(resolve));
    await scene.close();
  });

  const ask = (more: { path?: string; headers?: Record<string, string>; body?: object; bearer?: string }): Promise<Answered> => {
    const { path = '/v1/chat/completions', headers = {}, body, bearer = token } = more;
    const method = body === undefined ? 'GET' : 'POST';
    return send(
      { port: Number(new URL(gateway.url).port), ca: scene.ca },
      {
        ...{ method, path, headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json', ...headers } },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      },
    );
  };

  for (const [name, make] of Object.entries(kinds)) {
    test(`${name}: in no record, no log and no error`, async () => {
      const fresh = (): string => {
        const secret = make();
        planted.push(secret);
        return secret;
      };
      const header = (): string => fresh().replaceAll('\n', ' ').trim();
      const filled = (model: string) => ({
        ...{
          model,
          messages: [{ role: 'user', content: fresh(), name: fresh() }],
          user: fresh(),
          service_tier: fresh(),
          [fresh()]: fresh(),
        },
        tools: [
          {
            type: 'function',
            function: { name: fresh(), description: fresh(), parameters: { type: 'object', properties: { [fresh()]: {} } } },
          },
        ],
        ...{ metadata: { [fresh()]: fresh() }, stop: [fresh()], response_format: { type: fresh() } },
      });
      const headers = () => ({
        'user-agent': header(),
        'x-device-id': header(),
        'x-country': header(),
        traceparent: header(),
        'x-custom': header(),
      });
      const where = encodeURIComponent(fresh());
      plant = { secret: fresh(), status: 200 };
      const answers = [
        await ask({ path: `/v1/${where}`, headers: headers() }),
        await ask({ path: `/${encodeURIComponent(fresh())}/models` }),
        await ask({ path: `/v1/models/${where}` }),
        await ask({ path: `/v1/chat/completions?key=${where}`, body: filled('gpt-5-mini') }),
        await ask({ body: filled(fresh()) }),
        await ask({ body: {}, bearer: fresh().replaceAll(/\s/g, '-') }),
        await ask({ path: '/v1/models', headers: { 'x-api-key': header() } }),
      ];
      await ask({ body: { model: 'gpt-5-mini', messages: [{ role: 'user', content: fresh() }] }, headers: headers() });
      for (const status of [400, 401, 404, 429, 500, 503]) {
        plant = { secret: fresh(), status };
        const answered = await ask({ body: { model: 'gpt-5-mini', messages: [{ role: 'user', content: fresh() }] } });
        // The backend's own word to the caller on its request is the caller's; it is passed on or replaced, and never kept.
        if (status === 401) told.push(answered.body);
      }
      told.push(...answers.filter(({ status }) => status !== 200).map(({ body, headers: answered }) => body + JSON.stringify(answered)));
    });
  }

  test('no output holds any of them, nor the credentials that were really used', async () => {
    const [ready, metrics] = await Promise.all(['/readyz', '/metrics'].map(async (path) => (await fetch(gateway.doorsUrl + path)).text()));
    await gateway.stop();
    const directory = join(scene.directory, 'decisions');
    const files = readdirSync(directory).map((name) => [name, readFileSync(join(directory, name), 'utf8')] as const);
    const outputs = [['log', logged] as const, ['errors', told.join('\n')] as const, ['doors', `${ready}${metrics}`] as const, ...files];
    assert.ok(Object.keys(kinds).length >= 50 && planted.length > 2000);
    assert.ok(
      files.some(([name, text]) => name.startsWith('decisions-') && text.includes('[secret]')),
      'the net caught some',
    );
    // The part of each that is its own: without the label of a key, the name of a host.
    const own = (secret: string): string =>
      secret
        .replace(/@db\.internal\/main$/, '')
        .replace(/\n-----END PRIVATE KEY-----\n$/, '')
        .slice(-16);
    const used = [token, ...Object.values(scene.environment)];
    for (const secret of [...planted, ...used]) {
      for (const [name, text] of outputs) assert.ok(!text.includes(own(secret)), `${secret} is in ${name}`);
    }
  });
});
