import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { permit, refused } from '../pipeline/enforce/given.ts';

/*
 * An answer is trusted to narrow a request, not to send it elsewhere behind the back of its own route. Data that steers a pin or a header must not be
 * able to do that either.
 */
suite('a pin or drop of what the route, the conversation or the tools are', () => {
  for (const name of [
    'model',
    'Model',
    'models',
    'fallbacks',
    'route',
    'provider',
    'extra_body',
    'stream',
    'stream_options',
    'messages',
    'input',
    'prompt',
    'system',
    'instructions',
    'tools',
    'toolS',
    'mcp_servers',
  ]) {
    test(name, () => {
      assert.equal(refused({ obligations: [{ type: 'pin-parameters', set: { [name]: 'frontier' } }] }), 'policy.unknown-obligation');
      assert.equal(refused({ obligations: [{ type: 'drop-parameters', names: [name] }] }), 'policy.unknown-obligation');
    });
  }
  test('state at the provider may not be pinned', () => {
    const pin = { type: 'pin-parameters', set: { previous_response_id: 'somebody-else' } };
    assert.equal(refused({ operation: 'responses', obligations: [pin] }), 'policy.unknown-obligation');
  });
  test('an own key __proto__ is only a name', () => {
    const set = JSON.parse('{"__proto__":{"model":"frontier"}}') as Record<string, unknown>;
    const { body } = permit({ obligations: [{ type: 'pin-parameters', set }] });
    assert.equal(Buffer.from(body ?? []).toString(), '{"model":"small","__proto__":{"model":"frontier"}}');
  });
});

suite('a header that is not the policy’s to set', () => {
  for (const name of [
    'Authorization',
    'proxy-authorization',
    'X-API-Key',
    'api-key',
    'x-goog-api-key',
    'x-amz-security-token',
    'cookie',
    'host',
    'content-length',
    'content-type',
    'content-encoding',
    'transfer-encoding',
    'connection',
    'te',
    'trailer',
    'upgrade',
    'keep-alive',
    'expect',
    'accept-encoding',
    'x-forwarded-for',
    'x-forwarded-host',
    'forwarded',
    'x-real-ip',
    'true-client-ip',
    'anthropic-version',
    'x-regate-decision-id',
    'cf-aig-authorization',
  ]) {
    test(name, () => assert.equal(refused({ obligations: [{ type: 'headers', set: { [name]: 'x' } }] }), 'policy.unknown-obligation'));
  }
});
