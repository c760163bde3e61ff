import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dialects } from '../../../gateway/backends/dialects.ts';
import { Breakage, isRefusal } from '../../../gateway/errors.ts';
import { makeInject } from '../../../gateway/pipeline/inject/inject.ts';
import { seal } from '../../../gateway/secret.ts';
import type { Backend } from '../../../gateway/vocabulary/catalogue.ts';
import type { ArmedForward, ForwardPermit } from '../../../gateway/vocabulary/permit.ts';
import type { Accepted } from '../../../gateway/vocabulary/request.ts';
import { forwardPermit, listingPermit } from '../proxy/stage.ts';

type Head = Pick<Accepted, 'headers' | 'trace'>;

const base = { region: 'eu', timeoutMs: { connect: 1, idle: 1 }, serves: [] };
const backends = new Map<string, Backend>(
  (
    [
      { ...base, id: 'openai', protocol: 'openai', baseUrl: 'https://api.example/v1', credential: 'main', auth: 'bearer' },
      {
        ...base,
        id: 'anthropic',
        protocol: 'anthropic',
        baseUrl: 'https://claude.example:8443/v1',
        credential: 'claude',
        auth: 'x-api-key',
      },
      { ...base, id: 'keyed', protocol: 'openai', baseUrl: 'http://[::1]:9000', credential: 'main', auth: 'x-api-key' },
      { ...base, id: 'twin', protocol: 'openai', baseUrl: 'https://api.example/v2', credential: 'second', auth: 'bearer' },
    ] as const
  ).map((backend) => [backend.id, backend]),
);
let value = 'backend-secret';
const vault = {
  async fetch(id: string) {
    if (id === 'gone') throw new Breakage('credential.backend-unavailable', 'the environment variable of the credential is not set');
    if (id === 'bug') throw new TypeError('a bug');
    return { secret: seal(id === 'main' ? value : `${id}-secret`), version: `${id}-1` };
  },
};
const { inject } = makeInject({ vault, catalogue: { backends }, dialects, userAgent: 'regate/9' });

const hostile: Head = {
  headers: new Map(
    Object.entries({
      authorization: ['Bearer caller-token'],
      'x-api-key': ['caller-key'],
      'api-key': ['caller-key'],
      cookie: ['session=caller'],
      host: ['evil.example'],
      expect: ['100-continue'],
      connection: ['x-secret, keep-alive'],
      'x-secret': ['1'],
      'x-forwarded-for': ['10.0.0.1'],
      forwarded: ['for=10.0.0.1'],
      'user-agent': ['OpenAI/JS 7.57.0'],
      'x-stainless-os': ['Linux'],
      'openai-organization': ['org-of-the-caller'],
      'openai-project': ['proj-of-the-caller'],
      'openai-beta': ['assistants=v2'],
      'idempotency-key': ['shared-with-a-stranger'],
      'content-type': ['text/plain'],
      'content-length': ['9999'],
      'transfer-encoding': ['chunked'],
      'accept-encoding': ['gzip, br'],
      accept: ['*/*'],
      traceparent: ['00-ffffffffffffffffffffffffffffffff-0000000000000000-00'],
      'anthropic-version': ['2024-01-01'],
      'anthropic-beta': ['one-2025-01-01', 'two-2025-02-02'],
    }),
  ),
};

function permit(backend: string, more: Partial<ForwardPermit> = {}): ForwardPermit {
  const route = { backend, model: 'm', upstreamModel: 'm', credential: backends.get(backend)?.credential ?? 'main' };
  const protocol = backends.get(backend)?.protocol ?? 'openai';
  return forwardPermit({ protocol, operation: 'chat', path: '/chat/completions', body: Buffer.from('{"ü":1}'), route, ...more });
}

async function arm(asked: ForwardPermit, head: Head = hostile): Promise<ArmedForward> {
  const armed = await inject(asked, head);
  assert.ok(!isRefusal(armed) && armed.kind === 'forward', JSON.stringify(armed));
  return armed;
}

test('the whole head for an OpenAI backend: nothing of the caller is in it', async () => {
  const armed = await arm(permit('openai'));
  assert.equal(armed.target.href, 'https://api.example/v1/chat/completions');
  assert.deepEqual(armed.headers, {
    host: 'api.example',
    'user-agent': 'regate/9',
    accept: 'application/json',
    'accept-encoding': 'identity',
    'content-type': 'application/json',
    'content-length': '8',
    authorization: 'Bearer backend-secret',
  });
  assert.deepEqual(armed.credential, { kind: 'credential', id: 'main', version: 'main-1' });
});

test('the whole head for an Anthropic backend: version and betas as the caller sent them', async () => {
  const armed = await arm(permit('anthropic', { path: '/messages' }));
  assert.equal(armed.target.href, 'https://claude.example:8443/v1/messages');
  assert.deepEqual(armed.headers, {
    host: 'claude.example:8443',
    'user-agent': 'regate/9',
    accept: 'application/json',
    'accept-encoding': 'identity',
    'content-type': 'application/json',
    'content-length': '8',
    'anthropic-version': '2024-01-01',
    'anthropic-beta': 'one-2025-01-01, two-2025-02-02',
    'x-api-key': 'claude-secret',
  });
});

test('a version is sent where the caller sent none', async () => {
  const armed = await arm(permit('anthropic', { path: '/messages' }), { headers: new Map() });
  assert.equal(armed.headers['anthropic-version'], '2023-06-01');
});

test('a trace goes on only where it was found valid', async () => {
  const trace = { traceId: 'ffffffffffffffffffffffffffffffff', spanId: '1111111111111111', sampled: true };
  assert.equal((await arm(permit('openai'))).headers['traceparent'], undefined);
  const traced = await arm(permit('openai'), { ...hostile, trace });
  assert.match(traced.headers['traceparent'] ?? '', /^00-f{32}-/);
});

test('a backend that wants its key in a header of its own, at an IPv6 address, below no path', async () => {
  const armed = await arm(permit('keyed'));
  assert.equal(armed.target.href, 'http://[::1]:9000/chat/completions');
  assert.equal(armed.headers['x-api-key'], 'backend-secret');
  assert.equal(armed.headers['authorization'], undefined);
  assert.equal(armed.headers['host'], '[::1]:9000');
});

test("headers that the policy adds go on, but never in place of the gateway's own", async () => {
  const armed = await arm(permit('openai', { headers: { 'X-Team': 'research', 'User-Agent': 'other' } }));
  assert.equal(armed.headers['x-team'], 'research');
  assert.equal(armed.headers['user-agent'], 'regate/9');
  for (const name of ['Authorization', 'x-api-key', 'Host', 'Content-Length', 'Connection', 'Transfer-Encoding', 'cookie', 'expect']) {
    const refused = await inject(permit('openai', { headers: { [name]: 'x' } }), hostile);
    assert.ok(isRefusal(refused) && refused.code === 'policy.obligation-blocked', name);
  }
});

test('a path cannot lead out of the base URL', async () => {
  for (const path of [
    '//evil.example/x',
    '/../admin',
    '/%2e%2e/admin',
    'https://evil.example/',
    '',
    '/a/./b',
    '/x?y=1',
    '/x#y',
    '\\evil',
  ]) {
    const armed = await inject(permit('openai', { path }), hostile);
    if (isRefusal(armed)) assert.equal(armed.code, 'policy.unknown-route', path);
    else
      assert.ok(
        armed.kind === 'forward' && armed.target.origin === 'https://api.example' && armed.target.pathname.startsWith('/v1/'),
        path,
      );
    if (/\.\.|%2e/.test(path)) assert.ok(isRefusal(armed), path);
  }
});

test('a credential of one host is not shown to another', async () => {
  const route = (backend: string, credential: string): Partial<ForwardPermit> => ({
    route: { backend, model: 'm', upstreamModel: 'm', credential },
  });
  const refused = await inject(permit('openai', route('openai', 'claude')), hostile);
  assert.ok(isRefusal(refused) && refused.code === 'policy.unknown-route');
  assert.equal((await arm(permit('openai', route('openai', 'second')))).headers['authorization'], 'Bearer second-secret', 'the same host');
  assert.equal((await arm(permit('openai', route('openai', 'spare')))).headers['authorization'], 'Bearer spare-secret', 'bound to no host');
});

test('no backend, another dialect, or no credential: a refusal, not a request', async () => {
  for (const [asked, code] of [
    [permit('nowhere'), 'policy.unknown-route'],
    [permit('anthropic', { protocol: 'openai' }), 'policy.unknown-route'],
    [
      permit('openai', { route: { backend: 'openai', model: 'm', upstreamModel: 'm', credential: 'gone' } }),
      'credential.backend-unavailable',
    ],
  ] as const) {
    const refused = await inject(asked, hostile);
    assert.ok(isRefusal(refused));
    assert.equal(refused.code, code);
  }
  const broken = permit('openai', { route: { backend: 'openai', model: 'm', upstreamModel: 'm', credential: 'bug' } });
  await assert.rejects(inject(broken, hostile), TypeError, 'a bug is not a refusal');
});

test('a credential that cannot stand in a header is refused, and its value told to nobody', async (t) => {
  t.after(() => {
    value = 'backend-secret';
  });
  for (const bad of ['abc\r\nx-evil: 1', 'abc\n', 'a b', 'schlüssel', '\u0000', '\u007f']) {
    value = bad;
    const refused = await inject(permit('openai'), hostile);
    assert.ok(isRefusal(refused) && refused.code === 'credential.backend-unavailable', JSON.stringify(bad));
    assert.ok(!(refused.detail ?? '').includes(bad.trim() || bad));
  }
});

test('a listing needs no credential', async () => {
  const armed = await inject(listingPermit({ protocol: 'openai', models: [] }), hostile);
  assert.ok(!isRefusal(armed) && armed.kind === 'listing');
});
