import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { batch, chainOf, openCertifiedWorld } from '../certificates/world.ts';

/* A proxy that ends TLS tells of the caller's certificate in a header. Anybody can write a header. */
const world = await openCertifiedWorld({ forwarded: 'client-cert' });
after(() => world.close());
const proxy = '127.0.0.9';
const leaf = await world.mesh.issue({ names: [{ type: 'url', value: batch }] });
const other = await world.mesh.issue({ names: [{ type: 'url', value: 'spiffe://example.org/ns/prod/sa/other' }] });
const item = (der: Buffer) => `:${der.toString('base64')}:`;
const xfcc = (pem: string) => `Hash=00;Cert="${encodeURIComponent(pem)}";Subject="CN=a";URI=${batch}`;

suite('Client-Cert (RFC 9440)', () => {
  test('from a trusted proxy it is the caller’s', async () => {
    const outcome = await world.ask({ from: proxy, headers: { 'client-cert': item(leaf.der) } });
    assert.equal(outcome.status, 200);
    assert.deepEqual(chainOf(outcome), [`service mesh:${batch}`, 'token mesh spiffe']);
    const link = outcome.record.identity?.chain[1];
    assert.equal(link?.kind === 'token' && link.evidence, 'trusted-proxy');
  });
  test('with its chain beside it', async () => {
    const intermediate = await world.mesh.delegate();
    const below = await intermediate.issue({ names: [{ type: 'url', value: batch }] });
    const headers = { 'client-cert': item(below.der), 'client-cert-chain': `${item(intermediate.der)}, ${item(world.mesh.der)}` };
    assert.equal((await world.ask({ from: proxy, headers })).status, 200);
  });
  test('from anybody else it is nothing, and noted', async () => {
    const outcome = await world.ask({ headers: { 'client-cert': item(leaf.der) } });
    assert.equal(outcome.code, 'credential.missing');
    assert.equal(outcome.record.detail, 'a certificate header of an untrusted peer was ignored');
  });
  test('from anybody else beside a token, the request is judged without it', async () => {
    const outcome = await world.ask({ caller: 'engineer', headers: { 'client-cert': item(leaf.der) } });
    assert.deepEqual(chainOf(outcome), ['person demo:ada', 'token demo jwt']);
    assert.deepEqual(outcome.record.request.ignored_headers, ['client-cert']);
  });
  test('from anybody else beside a certificate of its own, its own counts', async () => {
    const outcome = await world.ask({ client: other, headers: { 'client-cert': item(leaf.der) } });
    assert.deepEqual(chainOf(outcome)[0], 'service mesh:spiffe://example.org/ns/prod/sa/other');
  });
  test('the proxy’s own certificate is nobody’s behind it', async () => {
    assert.equal((await world.ask({ client: other, from: proxy })).code, 'credential.missing');
  });
  test('it never goes upstream, from whomever it came', async () => {
    const before = world.seen.length;
    await world.ask({ from: proxy, headers: { 'client-cert': item(leaf.der) } });
    await world.ask({ caller: 'engineer', headers: { 'client-cert': item(leaf.der), 'x-forwarded-client-cert': xfcc(leaf.cert) } });
    assert.equal(world.seen.length, before + 2);
    for (const { seen } of world.seen.slice(before)) {
      assert.doesNotMatch(seen.rawHeaders.join('\n').toLowerCase(), /client-cert|begin%20certificate|:miib/);
    }
  });
  const der = leaf.der.toString('base64');
  for (const [what, headers] of [
    ['twice', { 'client-cert': [item(leaf.der), item(other.der)] }],
    ['the same twice', { 'client-cert': [item(leaf.der), item(leaf.der)] }],
    ['two in one field', { 'client-cert': `${item(leaf.der)}, ${item(other.der)}` }],
    ['without colons', { 'client-cert': der }],
    ['with parameters', { 'client-cert': `${item(leaf.der)};a=1` }],
    ['as PEM', { 'client-cert': encodeURIComponent(leaf.cert) }],
    ['empty', { 'client-cert': '' }],
    ['not base64', { 'client-cert': ':%%%:' }],
    ['base64 of the URL kind', { 'client-cert': `:${leaf.der.toString('base64url')}:` }],
    ['a chain without a certificate', { 'client-cert-chain': item(leaf.der) }],
    ['a chain that is no list', { 'client-cert': item(leaf.der), 'client-cert-chain': 'x' }],
  ] as const) {
    test(`${what}: refused, and not left aside`, async () => {
      assert.equal((await world.ask({ from: proxy, caller: 'engineer', headers })).code, 'certificate.malformed');
    });
  }
  test('bytes that are no certificate', async () => {
    assert.equal((await world.ask({ from: proxy, headers: { 'client-cert': ':AAAA:' } })).code, 'certificate.invalid');
  });
  test('another header than the configured one is not read', async () => {
    const outcome = await world.ask({ from: proxy, headers: { 'x-forwarded-client-cert': xfcc(leaf.cert) } });
    assert.equal(outcome.code, 'credential.missing');
  });
});

suite('X-Forwarded-Client-Cert of Envoy', async () => {
  const envoy = await openCertifiedWorld({ forwarded: 'x-forwarded-client-cert' });
  after(() => envoy.close());
  const mine = await envoy.mesh.issue({ names: [{ type: 'url', value: batch }] });
  const evil = await envoy.mesh.issue({ names: [{ type: 'url', value: 'spiffe://example.org/ns/prod/sa/other' }] });
  const ask = (value: string | readonly string[], from = proxy) => envoy.ask({ from, headers: { 'x-forwarded-client-cert': value } });
  test('from a trusted proxy it is the caller’s', async () =>
    assert.equal(chainOf(await ask(xfcc(mine.cert)))[0], `service mesh:${batch}`));
  test('from anybody else it is nothing', async () => assert.equal((await ask(xfcc(mine.cert), '127.0.0.1')).code, 'credential.missing'));
  test('what the proxy says of the certificate is not believed, only the certificate', async () => {
    assert.equal(chainOf(await ask(xfcc(evil.cert)))[0], 'service mesh:spiffe://example.org/ns/prod/sa/other');
  });
  for (const [what, value] of [
    ['two elements, as a proxy appends to what the caller sent', `${xfcc(evil.cert)},${xfcc(mine.cert)}`],
    ['two fields', [xfcc(evil.cert), xfcc(mine.cert)]],
    ['two certificates in one element', `${xfcc(mine.cert)};Cert="${encodeURIComponent(evil.cert)}"`],
    ['two certificates in one value', xfcc(mine.cert + evil.cert)],
    ['a hash and a name, without the certificate', `Hash=00;URI=${batch}`],
    ['a quotation mark that never ends', 'Cert="abc'],
    ['an escape that never ends', 'Cert="%E0%A4%A"'],
    ['empty', ''],
  ] as const) {
    test(`${what}: refused`, async () => assert.equal((await ask(value)).code, 'certificate.malformed'));
  }
});

suite('a certificate is required', async () => {
  const strict = await openCertifiedWorld({ mode: 'required' });
  after(() => strict.close());
  test('a token without one', async () => assert.equal((await strict.ask({ caller: 'engineer' })).code, 'certificate.missing'));
  test('with one', async () => {
    const client = await strict.mesh.issue({ names: [{ type: 'url', value: batch }] });
    assert.equal((await strict.ask({ client, caller: 'engineer' })).status, 200);
  });
  test('forwarding is not configured, so a forwarded one is none', async () => {
    const client = await strict.mesh.issue({ names: [{ type: 'url', value: batch }] });
    assert.equal((await strict.ask({ from: proxy, headers: { 'client-cert': item(client.der) } })).code, 'certificate.missing');
  });
});
