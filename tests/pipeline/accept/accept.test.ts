import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { inspect } from 'node:util';
import { acceptedAs, makeRequest, refusedWith, stage } from './request.ts';

const openai = ['Host', 'localhost', 'Authorization', 'Bearer t.o.k', 'Content-Type', 'application/json', 'Content-Length', '2'];
const anthropic = ['Host', 'localhost', 'X-Api-Key', 'key', 'anthropic-version', '2023-06-01', 'Content-Length', '2'];

suite('accept: the endpoints', () => {
  const rows = [
    ['POST', '/v1/chat/completions', openai, 'openai', 'chat', '/chat/completions'],
    ['POST', '/v1/completions', openai, 'openai', 'completions', '/completions'],
    ['POST', '/v1/responses', openai, 'openai', 'responses', '/responses'],
    ['POST', '/v1/embeddings', openai, 'openai', 'embeddings', '/embeddings'],
    ['GET', '/v1/models', openai, 'openai', 'models', '/models'],
    ['GET', '/v1/models/gpt-4o', openai, 'openai', 'models', '/models/gpt-4o'],
    ['POST', '/v1/messages', anthropic, 'anthropic', 'chat', '/messages'],
    ['POST', '/v1/messages?beta=true', anthropic, 'anthropic', 'chat', '/messages'],
    ['POST', '/v1/messages', openai, 'anthropic', 'chat', '/messages'],
    ['POST', '/v1/messages/count_tokens', anthropic, 'anthropic', 'count-tokens', '/messages/count_tokens'],
    ['POST', '/v1/messages/count_tokens?beta=true', anthropic, 'anthropic', 'count-tokens', '/messages/count_tokens'],
    ['GET', '/v1/models', anthropic, 'anthropic', 'models', '/models'],
    ['GET', '/v1/models?limit=1000', anthropic, 'anthropic', 'models', '/models'],
    ['GET', '/v1/models/claude-sonnet-4-5', anthropic, 'anthropic', 'models', '/models/claude-sonnet-4-5'],
    ['GET', '/v1/models/ft%3Agpt-4o%3Aorg', openai, 'openai', 'models', '/models/ft:gpt-4o:org'],
  ] as const;
  for (const [method, url, headers, protocol, operation, upstreamPath] of rows) {
    test(`${method} ${url} as ${protocol}`, () => {
      const accepted = acceptedAs({ method, url, headers });
      assert.deepEqual([accepted.protocol, accepted.operation, accepted.upstreamPath], [protocol, operation, upstreamPath]);
    });
  }
  test('the model in the path is decoded once', () => {
    assert.equal(acceptedAs({ method: 'GET', url: '/v1/models/ft%3Ax', headers: openai }).modelInPath, 'ft:x');
    assert.equal(acceptedAs({ method: 'GET', url: '/v1/models', headers: openai }).modelInPath, undefined);
  });
});

suite('accept: what it refuses', () => {
  const rows = [
    ['POST', '/v1/images/generations', openai, 'request.unknown-endpoint'],
    ['POST', '/v1/chat/completions', anthropic, 'request.unknown-endpoint'],
    ['POST', '/v1/messages/batches', anthropic, 'request.unknown-endpoint'],
    ['GET', '/', openai, 'request.unknown-endpoint'],
    ['GET', '/v1/models/a/b', openai, 'request.unknown-endpoint'],
    ['GET', `/v1/models/${'a'.repeat(600)}`, openai, 'request.unknown-endpoint'],
    ['GET', '/v1/chat/completions', openai, 'request.method-not-allowed'],
    ['HEAD', '/v1/models', openai, 'request.method-not-allowed'],
    ['POST', '/v1/models/gpt-4o', openai, 'request.method-not-allowed'],
    ['DELETE', '/v1/models/gpt-4o', openai, 'request.method-not-allowed'],
    ['OPTIONS', '/v1/messages', anthropic, 'request.method-not-allowed'],
    ['POST', '/v1/chat/completions?model=gpt-4o', openai, 'request.unsupported-query'],
    ['POST', '/v1/chat/completions?beta=true', openai, 'request.unsupported-query'],
    ['POST', '/v1/messages?beta=1', anthropic, 'request.unsupported-query'],
    ['POST', '/v1/messages?beta=true&beta=true', anthropic, 'request.unsupported-query'],
    ['POST', '/v1/messages?%62eta=true', anthropic, 'request.unsupported-query'],
    ['GET', '/v1/models?limit=0', anthropic, 'request.unsupported-query'],
    ['GET', '/v1/models?limit=1001', anthropic, 'request.unsupported-query'],
    ['GET', '/v1/models?after_id=claude', anthropic, 'request.unsupported-query'],
    ['GET', '/v1/models?limit=1', openai, 'request.unsupported-query'],
    ['POST', '/v1/chat/completions', ['Authorization', 'Basic dTpw'], 'credential.malformed'],
    ['POST', '/v1/chat/completions', ['Authorization', 'Bearer'], 'credential.malformed'],
    ['POST', '/v1/chat/completions', ['Authorization', 'Bearer a b'], 'credential.malformed'],
    ['POST', '/v1/chat/completions', ['Authorization', 'Bearer a', 'X-Api-Key', ''], 'credential.malformed'],
    ['POST', '/v1/chat/completions', ['Expect', '200-ok'], 'request.expectation-failed'],
    ['POST', '/v1/chat/completions', ['Content-Length', '+5'], 'request.malformed'],
    ['POST', '/v1/chat/completions', ['X', 'a\u0001b'], 'request.malformed'],
    ['POST', '/v1/chat/completions', Array.from({ length: 258 }, (_, at) => `x${at}`), 'request.malformed'],
  ] as const;
  for (const [method, url, headers, code] of rows) {
    test(`${method} ${url.slice(0, 60)} ${headers.slice(0, 4).join(' ').slice(0, 40)}: ${code}`, () => {
      assert.equal(refusedWith({ method, url, headers }), code);
    });
  }
});

suite('accept: the headers it keeps', () => {
  test('names in lower case, values in order, no credential of anybody', () => {
    const headers = [...openai, 'X-Api-Key', 't.o.k', 'Cookie', 'sid=1', 'Proxy-Authorization', 'Basic x', 'api-key', 'azure'];
    const accepted = acceptedAs({
      headers: [...headers, 'X-Goog-Api-Key', 'g', 'X-Forwarded-For', '192.0.2.1', 'x-forwarded-for', '10.0.0.1'],
    });
    assert.deepEqual([...accepted.headers.keys()], ['host', 'content-type', 'content-length', 'x-forwarded-for']);
    assert.deepEqual(accepted.headers.get('x-forwarded-for'), ['192.0.2.1', '10.0.0.1']);
    assert.equal(accepted.announcedBytes, 2);
  });
  test('credentials are sealed where they were found', () => {
    const accepted = acceptedAs({ headers: ['authorization', 'bEaReR  abc', 'x-api-key', 'def'] });
    assert.deepEqual(
      accepted.credentials.map(({ place, value }) => [place, value.reveal()]),
      [
        ['authorization', 'abc'],
        ['x-api-key', 'def'],
      ],
    );
    assert.doesNotMatch(JSON.stringify(accepted) + inspect(accepted, { depth: 9 }), /abc|def/);
  });
  test('Expect: 100-continue and chunked bodies are ordinary', () => {
    const accepted = acceptedAs({ headers: ['Expect', '100-Continue', 'Transfer-Encoding', 'chunked'] });
    assert.equal(accepted.announcedBytes, undefined);
  });
});

suite('arrive: what is known of anything', () => {
  const arrive = (shape: Parameters<typeof makeRequest>[0]) => stage.arrive(makeRequest(shape));

  test('an IPv4-mapped peer is unmapped', () => {
    assert.equal(arrive({ remoteAddress: '::ffff:192.0.2.9' }).peer.address, '192.0.2.9');
    assert.equal(arrive({ remoteAddress: '::FFFF:c000:209' }).peer.address, '192.0.2.9');
    assert.equal(arrive({ remoteAddress: '2001:db8::1' }).peer.address, '2001:db8::1');
    assert.equal(arrive({ remoteAddress: '' }).peer.address, '0.0.0.0');
  });
  test('encrypted is what the socket says', () => {
    assert.deepEqual([arrive({}).peer.encrypted, arrive({ encrypted: false }).peer.encrypted], [true, false]);
  });
  test('the path is cut, escaped, and without its query', () => {
    assert.equal(arrive({ url: '/a\u0007\\\u00e9?secret=1' }).path, '/a\\x07\\x5c\\xe9');
    assert.equal(arrive({ url: `/${'\u0001'.repeat(600)}` }).path.length, 512);
    assert.equal(arrive({ url: `/${'a'.repeat(600)}` }).path.length, 512);
  });
  test('nothing makes it throw', () => {
    const req = makeRequest({});
    delete req.method;
    delete req.url;
    req.rawHeaders = ['traceparent'];
    const arrival = stage.arrive(req);
    assert.deepEqual([arrival.method, arrival.path, arrival.protocol], ['', '', 'openai']);
  });
  test('bytes that are no HTTP still have an id and a peer', () => {
    const arrival = stage.arriveBroken({ remoteAddress: '::ffff:10.0.0.1', remotePort: 7, encrypted: true });
    assert.match(arrival.requestId, /^request-/);
    assert.deepEqual(arrival.peer, { address: '10.0.0.1', port: 7, encrypted: true });
  });
  for (const [url, headers, protocol] of [
    ['/v1/messages/anything', [], 'anthropic'],
    ['/v1/models', ['anthropic-version', 'x'], 'anthropic'],
    ['/v1/models', ['x-api-key', 'x'], 'anthropic'],
    ['/v1/models', ['x-api-key', 'x', 'authorization', 'Bearer x'], 'openai'],
    ['/v1/chat/completions', ['x-api-key', 'x'], 'openai'],
    ['/nowhere', ['x-api-key', 'x'], 'anthropic'],
    ['/nowhere', [], 'openai'],
  ] as const) {
    test(`${url} with ${headers.join(' ') || 'nothing'} is answered as ${protocol}`, () =>
      assert.equal(arrive({ url, headers }).protocol, protocol));
  }
});

suite('arrive: traceparent (W3C Trace Context)', () => {
  const id = '4bf92f3577b34da6a3ce929d0e0e4736';
  const span = '00f067aa0ba902b7';
  const traceOf = (...values: string[]) => stage.arrive(makeRequest({ headers: values.flatMap((value) => ['traceparent', value]) })).trace;

  test('a valid one is taken', () => assert.deepEqual(traceOf(`00-${id}-${span}-01`), { traceId: id, spanId: span, sampled: true }));
  test('a later version may be longer', () =>
    assert.deepEqual(traceOf(`01-${id}-${span}-00-more`), { traceId: id, spanId: span, sampled: false }));
  for (const value of [
    `00-${id}-${span}-01-more`,
    `ff-${id}-${span}-01`,
    `00-${'0'.repeat(32)}-${span}-01`,
    `00-${id}-${'0'.repeat(16)}-01`,
    `00-${id.toUpperCase()}-${span}-01`,
    `01-${id}-${span}-01more`,
    `00-${id}-${span}`,
    '',
  ]) {
    test(`"${value}" is as good as none`, () => assert.equal(traceOf(value), undefined));
  }
  test('two are as good as none', () => assert.equal(traceOf(`00-${id}-${span}-01`, `00-${id}-${span}-01`), undefined));
});
