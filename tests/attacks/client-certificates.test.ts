import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync } from 'node:crypto';
import { suite, test } from 'node:test';
import { authorityUsage, clientAuth, Extension, hour, KeyUsageFlags, makeTestAuthority, serverAuth } from '../certificates/authority.ts';
import { devices, keep, makeVerdict, mdm, mesh, now, spiffe, verdict, workloads } from '../certificates/bench.ts';

test('the certificate that all the others imitate is accepted', async () => {
  assert.equal(verdict(await mesh.issue({ names: spiffe() })), 'workload:spiffe://example.org/ns/prod/sa/batch');
});

suite('certificates of somebody else’s making', () => {
  const stranger = makeTestAuthority('CN=Stranger', now);
  const twin = makeTestAuthority(mesh.subject, now);
  test('of another authority', async () => {
    const leaf = await (await stranger).issue({ names: spiffe() });
    assert.match(verdict(leaf), /^certificate\.invalid: no configured authority/);
  });
  test('of another authority with the same subject', async () => {
    assert.match(verdict(await (await twin).issue({ names: spiffe() })), /^certificate\.invalid: no configured authority/);
  });
  test('of another authority that is sent along', async () => {
    const other = await twin;
    assert.match(verdict(await other.issue({ names: spiffe() }), [other]), /^certificate\.invalid: no configured authority/);
  });
  test('self-signed, with the right names', async () => {
    const self = await makeTestAuthority('CN=batch', now, {
      ca: false,
      names: spiffe(),
      usages: [clientAuth],
      keyUsage: KeyUsageFlags.digitalSignature,
    });
    assert.match(verdict(self), /^certificate\.invalid: no configured authority/);
  });
  test('self-signed, with the subject of the authority', async () => {
    const self = await makeTestAuthority(mesh.subject, now, {
      ca: false,
      names: spiffe(),
      usages: [clientAuth],
      keyUsage: KeyUsageFlags.digitalSignature,
    });
    assert.match(verdict(self, [mesh]), /^certificate\.invalid: no configured authority/);
  });
  test('issued with an ordinary certificate of the authority', async () => {
    // A workload that plays authority: its certificate is genuine, what it signs is not.
    const workload = await mesh.delegate({
      ca: false,
      names: spiffe('/evil'),
      keyUsage: KeyUsageFlags.digitalSignature,
      usages: [clientAuth],
    });
    assert.match(
      verdict(await workload.issue({ names: spiffe() }), [workload]),
      /^certificate\.invalid: an issuer that is no certification authority/,
    );
  });
  test('issued by an authority whose key may not sign certificates', async () => {
    const issuer = await mesh.delegate({ keyUsage: KeyUsageFlags.cRLSign });
    assert.match(verdict(await issuer.issue({ names: spiffe() }), [issuer]), /^certificate\.invalid: an issuer whose key may not sign/);
  });
  test('below a path that is longer than its issuer allows', async () => {
    const first = await mesh.delegate({ subject: 'CN=First', pathLength: 0 });
    const second = await first.delegate({ subject: 'CN=Second' });
    assert.match(verdict(await second.issue({ names: spiffe() }), [first, second]), /longer than its issuer allows/);
  });
  test('below an intermediate for servers only', async () => {
    const issuer = await mesh.delegate({ usages: [serverAuth] });
    assert.match(verdict(await issuer.issue({ names: spiffe() }), [issuer]), /not for client certificates/);
  });
  test('below an intermediate with name constraints, which nobody here would honour', async () => {
    // permittedSubtrees: URI example.org, as a mesh's intermediate may have it.
    const constraints = Buffer.from('300fa00d300b860b6578616d706c652e6f7267', 'hex');
    const issuer = await mesh.delegate({ extensions: [new Extension('2.5.29.30', true, constraints)] });
    assert.match(verdict(await issuer.issue({ names: spiffe() }), [issuer]), /cannot honour/);
  });
  test('with a critical extension that nobody knows', async () => {
    const leaf = await mesh.issue({
      names: spiffe(),
      extensions: [new Extension('1.3.6.1.4.1.99999.1', true, Buffer.from('0500', 'hex'))],
    });
    assert.match(verdict(leaf), /cannot honour/);
  });
  test('a changed byte in the names', async () => {
    const { der } = await mesh.issue({ names: spiffe('/ns/prod/sa/aaaaa') });
    const bytes = Buffer.from(der);
    bytes.set(Buffer.from('root!'), bytes.indexOf('aaaaa'));
    assert.match(verdict({ der: bytes }), /^certificate\.invalid/);
  });
  test('bytes after the certificate', async () => {
    const { der } = await mesh.issue({ names: spiffe() });
    assert.match(verdict({ der: Buffer.concat([der, Buffer.from([5, 0])]) }), /^certificate\.invalid: bytes after the end/);
  });
  test('no certificate at all, but bytes', () => {
    assert.match(verdict({ der: Buffer.from('MIIB') }), /^certificate\.invalid/);
    assert.match(verdict({ der: Buffer.alloc(0) }), /^certificate\.invalid/);
  });
  test('a thousand intermediates', async () => {
    const leaf = await mesh.issue({ names: spiffe() });
    assert.match(
      verdict(
        leaf,
        Array.from({ length: 1000 }, () => mesh),
      ),
      /too many certificates/,
    );
  });
  test('two authorities that sign each other', async () => {
    const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    const first = await makeTestAuthority('CN=Circle', now, { key });
    const second = await first.delegate({ subject: 'CN=Circle', key });
    assert.match(verdict(await second.issue({ names: spiffe() }), [first, second]), /no configured authority/);
  });
});

suite('certificates out of time', () => {
  test('expired', async () => {
    assert.match(verdict(await mesh.issue({ names: spiffe(), notBefore: now - 2 * hour, notAfter: now - 1000 })), /^certificate\.expired/);
  });
  test('not yet valid', async () => {
    assert.match(verdict(await mesh.issue({ names: spiffe(), notBefore: now + 1000 })), /^certificate\.invalid: not valid yet/);
  });
  test('expired while its connection went on', async () => {
    const { verdict: judge, clock } = makeVerdict();
    const leaf = await mesh.issue({ names: spiffe() });
    assert.match(judge(leaf), /^workload:/);
    clock.advance(hour + 1000);
    assert.match(judge(leaf), /^certificate\.expired/);
  });
  test('of an intermediate that has expired', async () => {
    const issuer = await mesh.delegate({ notBefore: now - 2 * hour, notAfter: now - 1000 });
    assert.match(verdict(await issuer.issue({ names: spiffe() }), [issuer]), /^certificate\.expired/);
  });
  test('of a root that has expired', async () => {
    const old = await makeTestAuthority('CN=Old', now, { notBefore: now - 2 * hour, notAfter: now - 1000 });
    const { verdict: judge } = makeVerdict([{ ...workloads, ca: [keep(old.cert)] }]);
    assert.match(judge(await old.issue({ names: spiffe() })), /^certificate\.expired/);
  });
});

suite('certificates for another purpose', () => {
  test('the authority itself as a caller', () => assert.match(verdict(mesh), /^certificate\.invalid/));
  test('an intermediate as a caller', async () => {
    assert.match(
      verdict(await mesh.delegate({ names: spiffe(), usages: [clientAuth] })),
      /^certificate\.invalid: a certification authority as a caller/,
    );
  });
  test('a leaf that may sign certificates', async () => {
    assert.match(verdict(await mesh.issue({ names: spiffe(), keyUsage: authorityUsage })), /a certification authority as a caller/);
  });
  test('for servers', async () =>
    assert.match(verdict(await mesh.issue({ names: spiffe(), usages: [serverAuth] })), /not for TLS clients/));
  test('for nothing in particular', async () =>
    assert.match(verdict(await mesh.issue({ names: spiffe(), usages: 'none' })), /not for TLS clients/));
  test('for anything', async () => {
    assert.match(verdict(await mesh.issue({ names: spiffe(), usages: ['2.5.29.37.0'] })), /not for TLS clients/);
  });
  test('for encryption only', async () => {
    assert.match(verdict(await mesh.issue({ names: spiffe(), keyUsage: KeyUsageFlags.keyEncipherment })), /may not sign/);
  });
  test('of a device, as a workload', async () => {
    assert.equal(verdict(await mdm.issue({ subject: 'CN=LAPTOP-1', names: spiffe() })), 'device:LAPTOP-1');
  });
  test('of an authority that two entries have', async () => {
    const both = [workloads, { ...devices, ca: [keep(mesh.cert)] }];
    assert.match(makeVerdict(both).verdict(await mesh.issue({ subject: 'CN=x', names: spiffe() })), /two configured authorities/);
  });
});

suite('names that are not what they seem', () => {
  const refused = async (
    names: Parameters<typeof spiffe>[0] | readonly { readonly type: 'url' | 'dns'; readonly value: string }[],
    why: RegExp,
  ) => {
    const list = typeof names === 'string' ? [{ type: 'url', value: names } as const] : (names ?? []);
    assert.match(verdict(await mesh.issue({ names: list })), why);
  };
  test('two URIs', () => refused([...spiffe('/a'), ...spiffe('/b')], /not exactly one URI/));
  test('the same URI twice', () => refused([...spiffe('/a'), ...spiffe('/a')], /not exactly one URI/));
  test('a web address beside the SPIFFE ID', () =>
    refused([...spiffe('/a'), { type: 'url', value: 'https://example.org/a' }], /not exactly one URI/));
  test('no URI, but the ID as a DNS name', () => refused([{ type: 'dns', value: 'spiffe://example.org/a' }], /not exactly one URI/));
  test('another trust domain', () => refused('spiffe://example.com/a', /another trust domain/));
  test('a trust domain that only begins like it', () => refused('spiffe://example.org.evil/a', /another trust domain/));
  test('a trust domain that only ends like it', () => refused('spiffe://evil.example.org/a', /another trust domain/));
  test('the trust domain as user information', () => refused('spiffe://example.org@evil/a', /no SPIFFE ID/));
  test('the trust domain with a port', () => refused('spiffe://example.org:443/a', /no SPIFFE ID/));
  test('the trust domain in capitals', () => refused('spiffe://EXAMPLE.ORG/a', /no SPIFFE ID/));
  test('the scheme in capitals', () => refused('SPIFFE://example.org/a', /no SPIFFE ID/));
  test('a path that climbs', () => refused('spiffe://example.org/ns/dev/../prod', /no SPIFFE ID/));
  test('an empty segment', () => refused('spiffe://example.org//a', /no SPIFFE ID/));
  test('a slash at the end', () => refused('spiffe://example.org/a/', /no SPIFFE ID/));
  test('an encoded slash', () => refused('spiffe://example.org/a%2Fb', /no SPIFFE ID/));
  test('a query', () => refused('spiffe://example.org/a?x=y', /no SPIFFE ID/));
  test('a fragment', () => refused('spiffe://example.org/a#b', /no SPIFFE ID/));
  test('the whole trust domain', () => refused('spiffe://example.org', /whole trust domain/));
  test('a wildcard', () => refused('spiffe://example.org/*', /no SPIFFE ID/));
  test('a null byte', () => refused('spiffe://example.org/a\u0000b', /no SPIFFE ID/));

  const byDns = (names: readonly { readonly type: 'dns'; readonly value: string }[]) => async () => {
    const { verdict: judge } = makeVerdict([
      { alias: 'mesh', kind: 'workload', ca: workloads.ca, crl: [], device: {}, subject: { ...workloads.subject, from: 'dns' } },
    ]);
    return judge(await mesh.issue({ names }));
  };
  test('a DNS name that holds two, with a comma', async () => {
    assert.match(await byDns([{ type: 'dns', value: 'a.example, DNS:b.example' }])(), /cannot be an id/);
  });
  test('a DNS name with quotation marks', async () => {
    assert.match(await byDns([{ type: 'dns', value: '"b.example"' }])(), /cannot be an id/);
  });
  test('a DNS name with a wildcard', async () => assert.match(await byDns([{ type: 'dns', value: '*.example' }])(), /cannot be an id/));
  test('a DNS name that ends in a null byte', async () => {
    assert.match(await byDns([{ type: 'dns', value: 'a.example\u0000.evil' }])(), /cannot be an id/);
  });
  test('two DNS names', async () => {
    assert.match(
      await byDns([
        { type: 'dns', value: 'a.example' },
        { type: 'dns', value: 'b.example' },
      ])(),
      /more than one DNS name/,
    );
  });
  test('a plain DNS name is one', async () => assert.equal(await byDns([{ type: 'dns', value: 'a.example' }])(), 'workload:a.example'));

  const byCommonName = async (subject: string) => verdict(await mdm.issue({ subject }));
  test('a common name with a null byte', async () => assert.match(await byCommonName('CN=admin\u0000.example'), /cannot be an id/));
  test('two common names', async () => assert.match(await byCommonName('CN=a, CN=b'), /more than one common name/));
  test('no common name', async () => assert.match(await byCommonName('O=Example'), /no common name/));
  test('a common name with a look-alike letter', async () => assert.match(await byCommonName('CN=аdmin'), /cannot be an id/));
  test('a common name inside another attribute', async () => assert.match(await byCommonName('O="x, CN=admin"'), /no common name/));
});

suite('revoked certificates', () => {
  const withList = (...lists: string[]) => makeVerdict([{ ...workloads, crl: lists.map(keep) }]).verdict;
  const issue = (serial: string) => mesh.issue({ names: spiffe(), serial });
  test('on a list', async () => assert.match(withList(await mesh.revoke(['0abc']))(await issue('0abc')), /^certificate\.revoked/));
  test('beside the list', async () => assert.match(withList(await mesh.revoke(['0abd']))(await issue('0abc')), /^workload:/));
  test('on a list that is stale', async () => {
    const list = await mesh.revoke(['0abc'], { thisUpdate: now - 2 * hour, nextUpdate: now - hour });
    assert.match(withList(list)(await issue('0abc')), /^certificate\.revoked/);
  });
  test('a stale list covers nobody', async () => {
    const list = await mesh.revoke([], { thisUpdate: now - 2 * hour, nextUpdate: now - hour });
    assert.match(withList(list)(await issue('0abc')), /^certificate\.revocation-unknown: .*stale/);
  });
  test('a list of the future covers nobody', async () => {
    const list = await mesh.revoke([], { thisUpdate: now + hour, nextUpdate: now + 2 * hour });
    assert.match(withList(list)(await issue('0abc')), /^certificate\.revocation-unknown/);
  });
  test('a list of another authority with the same subject covers nobody', async () => {
    const twin = await makeTestAuthority(mesh.subject, now);
    assert.match(withList(await twin.revoke([]))(await issue('0abc')), /^certificate\.revocation-unknown: no revocation list/);
  });
  test('a list that was changed covers nobody', async () => {
    const pem = await mesh.revoke(['0abc']);
    const der = Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ''), 'base64');
    der.set([0x0d], der.indexOf(Buffer.from('02020abc', 'hex')) + 2);
    const { verdict: judge } = makeVerdict([{ ...workloads, crl: [keep(der)] }]);
    assert.match(judge(await issue('0abc')), /^certificate\.revocation-unknown/);
  });
  test('a list that is gone covers nobody', async () => {
    const { verdict: judge } = makeVerdict([{ ...workloads, crl: ['/nonexistent/list.crl'] }]);
    assert.match(judge(await issue('0abc')), /^certificate\.revocation-unknown/);
  });
  test('an intermediate on its issuer’s list', async () => {
    const issuer = await mesh.delegate({ serial: '0bcd' });
    const judge = withList(await mesh.revoke(['0bcd']), await issuer.revoke([]));
    assert.match(judge(await issuer.issue({ names: spiffe() }), [issuer]), /^certificate\.revoked/);
  });
  test('an intermediate whose own list is missing', async () => {
    const issuer = await mesh.delegate();
    assert.match(withList(await mesh.revoke([]))(await issuer.issue({ names: spiffe() }), [issuer]), /^certificate\.revocation-unknown/);
  });
});

test('the thumbprint is that of RFC 8705', async () => {
  const leaf = await mesh.issue({ names: spiffe() });
  const { makeJudgeCertificate } = await import('../../gateway/certificates/certificates.ts');
  const { freezeClock, keepLog } = await import('../pipeline/authenticate/clock.ts');
  const result = makeJudgeCertificate({ authorities: [workloads], clock: freezeClock(), logger: keepLog().logger })({
    evidence: 'peer',
    leaf: leaf.der,
    others: [],
  });
  assert.equal('thumbprint' in result && result.thumbprint, createHash('sha256').update(leaf.der).digest('base64url'));
});
