import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { errorCodes, isRefusal } from '../../gateway/errors.ts';
import { makeRequest, refusedWith, stage } from '../pipeline/accept/request.ts';

const latin1 = fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)), maxLength: 60 });
const piece = fc.constantFrom(
  '/',
  '//',
  'v1',
  'models',
  'chat',
  'completions',
  'messages',
  '.',
  '..',
  '%2e',
  '%2F',
  '%3A',
  '%',
  '\\',
  ';',
  '?',
  '#',
  'a',
  '=',
  '&',
  'beta',
  'true',
);
const target = fc.oneof(
  latin1,
  fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join('')),
  latin1.map((tail) => `/v1/models/${tail}`),
);
const fieldName = fc.oneof(
  fc.constantFrom(
    'Host',
    'Authorization',
    'X-Api-Key',
    'Content-Length',
    'Transfer-Encoding',
    'Connection',
    'Upgrade',
    'Expect',
    'anthropic-version',
    'traceparent',
    'Cookie',
  ),
  fc.stringMatching(/^[A-Za-z-]{1,12}$/),
);
const fieldValue = fc.oneof(latin1, fc.constantFrom('chunked', '0', '5', 'close', 'upgrade', 'Bearer abc', '100-continue', 'h2c'));
const headers = fc.array(fc.tuple(fieldName, fieldValue), { maxLength: 12 }).map((fields) => fields.flat());
const method = fc.oneof(fc.constantFrom('GET', 'POST'), latin1);

suite('fuzz: heads', () => {
  test('arrive and accept never throw; what they record is printable; what they accept is one of the endpoints', () => {
    fc.assert(
      fc.property(method, target, headers, (someMethod, url, fields) => {
        const req = makeRequest({ method: someMethod, url, headers: fields });
        const arrival = stage.arrive(req);
        assert.match(arrival.path, /^[\x21-\x5b\x5d-\x7e]*(\\x[0-9a-f]{0,2}[\x21-\x5b\x5d-\x7e]*)*\\?$/);
        assert.ok(arrival.path.length <= 512 && arrival.method.length <= 32);
        const result = stage.accept(arrival, req);
        if (isRefusal(result)) {
          assert.ok(errorCodes.includes(result.code));
          return;
        }
        assert.match(url, /^\/v1\/(models|chat\/completions|completions|responses|embeddings|messages)/);
        assert.match(result.upstreamPath, /^\/[a-z_]+(\/[a-z_]+)?$|^\/models\/[^/%\\]+$/);
        for (const name of ['authorization', 'x-api-key', 'cookie', 'upgrade']) assert.ok(!result.headers.has(name));
      }),
      { numRuns: 3000 },
    );
  });
  test('a path is accepted in one spelling only', () => {
    const spelling = fc.constantFrom('/v1/chat/completions', '/v1/messages', '/v1/models', '/v1/embeddings');
    const place = fc.nat({ max: 30 });
    const intruder = fc.constantFrom('%2f', '%2F', '/', '.', './', '../', '\\', ';', '%', '%00', '\u0000', '\u00e9', '%2e', '#', ' ');
    fc.assert(
      fc.property(spelling, place, intruder, fc.constantFrom('GET', 'POST'), (path, at, what, someMethod) => {
        const cut = at % (path.length + 1);
        const code = refusedWith({ method: someMethod, url: path.slice(0, cut) + what + path.slice(cut) });
        assert.ok(code === 'request.ambiguous-path' || code === 'request.unknown-endpoint', `${code}`);
      }),
      { numRuns: 2000 },
    );
  });
  test('any two equal framing or credential headers are refused, wherever they stand', () => {
    const name = fc.constantFrom(
      'authorization',
      'x-api-key',
      'content-length',
      'host',
      'content-type',
      'anthropic-version',
      'transfer-encoding',
    );
    const harmless = fc.constantFrom(['accept', '*/*'], ['user-agent', 'x'], ['x-stainless-lang', 'js']);
    fc.assert(
      fc.property(name, fc.array(harmless, { maxLength: 5 }), fc.array(harmless, { maxLength: 5 }), (twice, before, between) => {
        const value = twice === 'content-length' ? '5' : 'chunked';
        const fields = [...before.flat(), twice, value, ...between.flat(), twice.toUpperCase(), value];
        assert.equal(refusedWith({ headers: fields }), 'request.header-ambiguous');
      }),
      { numRuns: 500 },
    );
  });
});
