import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { after, test } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { dialects } from '../../../gateway/backends/dialects.ts';
import { errorCodes, type Refusal, refuse } from '../../../gateway/errors.ts';
import { tell } from '../../../gateway/pipeline/proxy/tell.ts';
import type { Delivered } from '../../../gateway/vocabulary/delivered.ts';
import type { Arrival, Protocol } from '../../../gateway/vocabulary/request.ts';
import { arrivalOf, decisionId } from './stage.ts';

const closing: (() => unknown)[] = [];
after(async () => {
  for (const close of closing.reverse()) await close();
});

interface Teller {
  readonly url: string;
  readonly delivered: Delivered[];
}

/** A server that refuses everything before it has read any body. */
async function refusing(refusal: Refusal, protocol: Protocol, arrival: Partial<Arrival> = {}, first?: (res: ServerResponse) => void) {
  const delivered: Delivered[] = [];
  const server = createServer((_req, res) => {
    first?.(res);
    delivered.push(tell(dialects, refusal, arrivalOf(protocol, arrival), decisionId, res));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, delivered } satisfies Teller;
}

const denied = refuse('policy.denied', {
  reasons: [{ code: 'device.unmanaged', public: true, message: 'inside' }, { code: 'internal.watchlist' }],
  message: 'Use a managed device.',
  detail: 'only for the record',
});

test("a deny is the OpenAI SDK's own permission error, with the public reason and the decision id, and is not sent again", async () => {
  const { url, delivered } = await refusing(denied, 'openai');
  const client = new OpenAI({ apiKey: 'k', baseURL: `${url}/v1`, maxRetries: 2 });
  const error = await client.chat.completions.create({ model: 'm', messages: [] }).catch((caught: unknown) => caught);
  assert.ok(error instanceof OpenAI.PermissionDeniedError);
  assert.equal(error.message, `403 Use a managed device. Reason: device.unmanaged. Decision: ${decisionId}.`);
  assert.deepEqual([error.code, error.type, error.requestID], ['policy.denied', 'permission_error', decisionId]);
  assert.equal(delivered.length, 1);
  assert.deepEqual([delivered[0]?.outcome, delivered[0]?.status, delivered[0]?.committed], ['refused', 403, true]);
});

test("a deny is the Anthropic SDK's own permission error, with the public reason and the decision id, and is not sent again", async () => {
  const { url, delivered } = await refusing(denied, 'anthropic');
  const client = new Anthropic({ apiKey: 'k', baseURL: url, maxRetries: 2 });
  const error = await client.messages.create({ model: 'm', max_tokens: 1, messages: [] }).catch((caught: unknown) => caught);
  assert.ok(error instanceof Anthropic.PermissionDeniedError);
  assert.equal(error.apiMessage, `Use a managed device. Reason: device.unmanaged. Decision: ${decisionId}.`);
  assert.deepEqual([error.errorCode, error.type, error.requestID], ['policy.denied', 'permission_error', decisionId]);
  assert.equal(delivered.length, 1);
});

test('what is not public stays inside', async () => {
  for (const protocol of ['openai', 'anthropic'] as const) {
    const { url } = await refusing(denied, protocol);
    const text = await (await fetch(url)).text();
    for (const inside of ['internal.watchlist', 'inside', 'only for the record']) assert.ok(!text.includes(inside), inside);
  }
});

test('every code has a body that both SDKs take for an error, and says once whether to come again', async () => {
  for (const protocol of ['openai', 'anthropic'] as const) {
    for (const code of errorCodes) {
      const { url } = await refusing(refuse(code), protocol);
      const answer = await fetch(url);
      const body = (await answer.json()) as { error: { message: string; type: string } };
      assert.ok(body.error.message.endsWith(`Decision: ${decisionId}.`), code);
      assert.match(body.error.type, /^[a-z_]+$/);
      assert.equal(answer.headers.get('x-regate-decision-id'), decisionId);
      const final = answer.headers.get('x-should-retry') === 'false';
      assert.equal(final, code.startsWith('policy.') || (answer.status < 500 && !code.startsWith('upstream.')), code);
      assert.ok(!final || answer.headers.get('retry-after') === null, `${code} says both`);
      assert.equal(answer.headers.get('www-authenticate') !== null, answer.status === 401, code);
    }
  }
});

test('the challenge names no error where there was no credential (RFC 6750 section 3.1)', async () => {
  const missing = await fetch((await refusing(refuse('credential.missing'), 'openai')).url);
  assert.equal(missing.headers.get('www-authenticate'), 'Bearer realm="regate"');
  const expired = await fetch((await refusing(refuse('credential.expired'), 'openai')).url);
  assert.equal(expired.headers.get('www-authenticate'), 'Bearer realm="regate", error="invalid_token"');
});

test('the challenge says what the next login must be (RFC 9470 section 3)', async () => {
  const stepUp = (challenge: NonNullable<Refusal['challenge']>) => refusing(refuse('identity.step-up-required', { challenge }), 'openai');
  const both = await fetch((await stepUp({ acrValues: ['gold', 'mfa'], maxAgeSeconds: 60 })).url);
  assert.equal(both.status, 401);
  assert.equal(
    both.headers.get('www-authenticate'),
    'Bearer realm="regate", error="insufficient_user_authentication", error_description="A stronger or a more recent login is required", acr_values="gold mfa", max_age="60"',
  );
  const recent = await fetch((await stepUp({ acrValues: [], maxAgeSeconds: 0 })).url);
  assert.match(recent.headers.get('www-authenticate') ?? '', /, max_age="0"$/);
  assert.doesNotMatch(recent.headers.get('www-authenticate') ?? '', /acr_values/);
});

test('405 names the method that is allowed', async () => {
  const refusal = refuse('request.method-not-allowed');
  assert.equal((await fetch((await refusing(refusal, 'openai', { path: '/v1/models' })).url)).headers.get('allow'), 'GET');
  assert.equal((await fetch((await refusing(refusal, 'openai')).url)).headers.get('allow'), 'POST');
});

test('headers that other hands have set do not go out', async () => {
  const { url } = await refusing(denied, 'openai', {}, (res) => res.setHeader('x-powered-by', 'Express').setHeader('set-cookie', 'a=b'));
  const answer = await fetch(url);
  assert.equal(answer.headers.get('x-powered-by'), null);
  assert.equal(answer.headers.get('set-cookie'), null);
});

test('where an answer has begun, the connection is broken', async () => {
  const { url, delivered } = await refusing(refuse('gateway.error'), 'openai', {}, (res) => {
    res.writeHead(200, { 'content-type': 'text/event-stream' });
    res.write('data: {}\n\n');
  });
  await assert.rejects(async () => (await fetch(url)).text());
  assert.deepEqual([delivered[0]?.outcome, delivered[0]?.committed], ['gateway-error', true]);
});

test('a caller that is refused while it sends a large body still hears why', async () => {
  const { url } = await refusing(refuse('credential.invalid'), 'openai');
  const client = new OpenAI({ apiKey: 'k', baseURL: `${url}/v1`, maxRetries: 0 });
  const content = 'x'.repeat(700_000);
  const error = await client.chat.completions
    .create({ model: 'm', messages: [{ role: 'user', content }] })
    .catch((caught: unknown) => caught);
  assert.ok(error instanceof OpenAI.AuthenticationError, String(error));
});

test('the connection of a request whose body was not read is closed, with the response before', { timeout: 5_000 }, async () => {
  const { url } = await refusing(refuse('credential.invalid'), 'openai');
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.write('POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\nabc');
  let answer = '';
  for await (const chunk of socket) answer += String(chunk);
  assert.match(answer, /^HTTP\/1\.1 401 /);
  assert.match(answer, /connection: close/i);
  assert.match(answer, /credential\.invalid/);
});

test('a reason code that several reasons share is told once', async () => {
  const reasons = ['demo:bot', 'demo:agent'].map((who) => ({ code: 'model.not-granted', message: who, public: true }));
  const { url } = await refusing(refuse('policy.denied', { reasons }), 'openai');
  const { error } = (await (await fetch(url)).json()) as { error: { message: string; reasons: string[] } };
  assert.deepEqual(error.reasons, ['model.not-granted']);
  assert.equal(error.message.split('model.not-granted').length, 2);
});

test('a caller that has left is told nothing', async () => {
  const { url, delivered } = await refusing(denied, 'openai', {}, (res) => res.destroy());
  await assert.rejects(fetch(url));
  assert.deepEqual(delivered, [{ outcome: 'client-aborted', committed: false, bytesSent: 0 }]);
});

test('the connection of a request without a body is kept', async () => {
  const { url } = await refusing(refuse('credential.missing'), 'openai');
  assert.notEqual((await fetch(url)).headers.get('connection'), 'close');
});
