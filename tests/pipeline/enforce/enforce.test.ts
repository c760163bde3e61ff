import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { isRefusal } from '../../../gateway/errors.ts';
import { catalogue, enforce, permit, policy, refused, sent } from './given.ts';

const cap = { type: 'cap-tokens', max: 10 };

suite('a deny', () => {
  test('is refused with its reasons, its message, its policy, and nothing carried out', () => {
    const reasons = [{ code: 'device.unmanaged', message: 'no', public: true }];
    assert.deepEqual(enforce({ obligations: [cap], answer: { allow: false, reasons, message: 'Use a managed device.' } }), {
      kind: 'refusal',
      code: 'policy.denied',
      reasons,
      message: 'Use a managed device.',
      policy,
      obligations: [{ type: 'cap-tokens', outcome: 'not-run' }],
    });
  });

  test('an obligation that is unknown does not matter to a deny', () => {
    assert.equal(refused({ obligations: [{ type: 'no-such' }], answer: { allow: false } }), 'policy.denied');
  });
});

suite('what becomes of obligations', () => {
  for (const type of ['limit', 'budget', 'redact', 'scan-response', 'cap_tokens', '', '__proto__', 'constructor']) {
    test(`${JSON.stringify(type)} is unknown, and none is carried out`, () => {
      const result = enforce({ obligations: [cap, { type }, cap] });
      assert.ok(isRefusal(result));
      assert.equal(result.code, 'policy.unknown-obligation');
      assert.deepEqual(result.policy, policy);
      assert.deepEqual(
        result.obligations?.map(({ outcome }) => outcome),
        ['not-run', 'blocked', 'not-run'],
      );
    });
  }

  test('carried out in a fixed order, told in the order of the answer', () => {
    const result = permit({ obligations: [cap, { type: 'timeout', seconds: 2 }, { type: 'pin-parameters', set: { n: 1 } }] });
    assert.deepEqual(result.obligations, [
      { type: 'cap-tokens', outcome: 'discharged' },
      { type: 'timeout', outcome: 'discharged' },
      { type: 'pin-parameters', outcome: 'discharged' },
    ]);
  });

  test('one that is blocked stops the rest', () => {
    const result = enforce({
      body: '{"model":"small","max_tokens":50}',
      obligations: [{ type: 'timeout', seconds: 2 }, cap, { type: 'pin-parameters', set: { max_tokens: 50 } }],
    });
    assert.ok(isRefusal(result));
    assert.equal(result.code, 'policy.conflict');
    assert.deepEqual(result.obligations, [
      { type: 'timeout', outcome: 'not-run' },
      { type: 'cap-tokens', outcome: 'blocked' },
      { type: 'pin-parameters', outcome: 'discharged' },
    ]);
  });
});

suite('a permit', () => {
  test('without obligations carries the very bytes that came', () => {
    const body = '{ "model" : "sm\\u0061ll", "temperature":1.0, "x":9223372036854775807 }';
    const result = permit({ body, stream: false });
    assert.equal(Buffer.from(result.body ?? []).toString(), body);
    assert.deepEqual([result.method, result.path, result.stream, result.dropUsageChunk, result.headers], ['POST', '/x', false, false, {}]);
    assert.equal('timeoutMs' in result, false);
  });

  test('names the model as the backend knows it, and changes nothing else', () => {
    assert.equal(
      sent({ body: '{"x":1.0 ,"model": "fast","y":[ ]}', upstreamModel: 'gpt-4o-mini' }),
      '{"x":1.0 ,"model": "gpt-4o-mini","y":[ ]}',
    );
  });

  test('for a backend of another dialect, or of none, is not made', () => {
    assert.equal(refused({ protocol: 'openai', backend: 'anthropic' }), 'policy.unknown-route');
    assert.equal(refused({ backend: 'gone' }), 'policy.unknown-route');
  });

  test('an allow without a route is a breakage, never a permit', () => {
    assert.throws(() => enforce({ route: false }), { name: 'Breakage', code: 'gateway.error' });
  });
});

suite('usage of a stream', () => {
  const ask = (body: string, more = {}) => {
    const result = permit({ body, stream: true, ...more });
    return [Buffer.from(result.body ?? []).toString(), result.dropUsageChunk];
  };
  test('is asked for, and the chunk dropped, where the caller did not ask', () => {
    assert.deepEqual(ask('{"model":"small","stream":true}'), [
      '{"model":"small","stream":true,"stream_options":{"include_usage":true}}',
      true,
    ]);
    assert.deepEqual(ask('{"stream_options":{"include_obfuscation":false},"model":"small"}'), [
      '{"stream_options":{"include_obfuscation":false,"include_usage":true},"model":"small"}',
      true,
    ]);
    assert.deepEqual(ask('{"stream_options":{"include_usage": false},"model":"small"}'), [
      '{"stream_options":{"include_usage": true},"model":"small"}',
      true,
    ]);
    assert.deepEqual(ask('{"stream_options":null,"model":"small"}', { operation: 'completions' }), [
      '{"stream_options":{"include_usage":true},"model":"small"}',
      true,
    ]);
  });
  test('is left alone where the caller asked, or the dialect tells it anyway', () => {
    const asked = '{"stream_options":{"include_usage":true},"model":"small"}';
    assert.deepEqual(ask(asked), [asked, false]);
    assert.deepEqual(ask('{"model":"small"}', { operation: 'responses' }), ['{"model":"small"}', false]);
    assert.deepEqual(ask('{"model":"small"}', { protocol: 'anthropic' }), ['{"model":"small"}', false]);
    assert.deepEqual(ask('{"model":"small"}', { stream: false }), ['{"model":"small"}', false]);
  });
});

suite('a listing', () => {
  const list = (more: object) => enforce({ operation: 'models', ...more });
  test('tells what the decision lists', () => {
    const result = list({ listing: ['frontier', 'small'], obligations: [cap] });
    assert.ok(!isRefusal(result) && result.kind === 'listing');
    assert.deepEqual(
      [result.models.map(({ id }) => id), result.single, result.obligations],
      [['frontier', 'small'], false, [{ type: 'cap-tokens', outcome: 'discharged' }]],
    );
  });
  test('of one model, by any of its names', () => {
    const result = list({ listing: ['small'], modelInPath: 'fast' });
    assert.ok(!isRefusal(result) && result.kind === 'listing');
    assert.deepEqual([result.models, result.single], [[catalogue.models.get('small')], true]);
  });
  test('leaves out what nobody serves in the dialect of the caller', () => {
    const ids = (protocol: 'openai' | 'anthropic') => {
      const result = list({ protocol, listing: ['small', 'haiku'] });
      assert.ok(!isRefusal(result) && result.kind === 'listing');
      return result.models.map(({ id }) => id);
    };
    assert.deepEqual([ids('openai'), ids('anthropic')], [['small'], ['small', 'haiku']]);
    assert.equal(isRefusal(list({ listing: ['haiku'], modelInPath: 'haiku' })), true);
  });
  test('hidden and non-existent models get the same answer', () => {
    const hidden = list({ listing: ['small'], modelInPath: 'frontier' });
    assert.ok(isRefusal(hidden));
    assert.equal(hidden.code, 'model.unknown');
    assert.deepEqual(hidden, list({ listing: ['small'], modelInPath: 'no-such' }));
  });
  test('of nothing where the decision lists nothing', () => {
    const result = list({});
    assert.ok(!isRefusal(result) && result.kind === 'listing');
    assert.deepEqual(result.models, []);
  });
  test('with an obligation that is unknown or malformed is refused too', () => {
    for (const obligation of [{ type: 'limit' }, { type: 'cap-tokens', max: '1' }]) {
      const result = list({ listing: ['small'], obligations: [obligation] });
      assert.equal(isRefusal(result) && result.code, 'policy.unknown-obligation');
    }
  });
});
