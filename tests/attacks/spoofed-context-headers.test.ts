import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { makeContext } from '../../gateway/pipeline/collect/context/context.ts';
import { accepted, chain, context } from '../pipeline/collect/given.ts';

const trustedProxies = ['10.0.0.0/8'];
const gather = (peer: string, headers: Record<string, string | readonly string[]>, forwardedHops = 1) =>
  makeContext({ context: { ...context, forwardedHops }, trustedProxies })(accepted({ peer, headers }), chain);

suite('context headers from a caller who is no proxy', () => {
  const headers = {
    'x-forwarded-for': '192.0.2.7',
    'x-device-id': 'd-1',
    'x-device-managed': 'true',
    'x-device-os': 'macOS',
    'x-country': 'DE',
    'x-asn': '64496',
  };
  for (const peer of ['203.0.113.9', '::ffff:203.0.113.9', '2001:db8::10', '11.0.0.1', '0.0.0.0']) {
    test(`${peer}: nothing is believed, and what was tried is noted`, () => {
      const { facts, ignoredHeaders } = gather(peer, headers);
      assert.equal(facts.device, undefined);
      assert.equal(facts.location?.country, undefined);
      assert.equal(facts.location?.network, undefined);
      assert.notEqual(facts.location?.evidence, 'trusted-proxy');
      assert.deepEqual([...ignoredHeaders].sort(), Object.keys(headers).sort());
    });
  }
  test('an IPv4 proxy seen through a dual-stack socket is the same proxy', () => {
    assert.equal(gather('::ffff:10.0.0.1', headers).facts.location?.network, 'office');
  });
  test('a second value beside the proxy’s own makes the fact absent', () => {
    const { facts } = gather('10.0.0.1', { ...headers, 'x-device-id': ['d-1', 'd-2'], 'x-device-managed': ['true', 'false'] });
    assert.deepEqual(facts.device, { os: 'macOS', evidence: 'asserted' });
  });
});

/* Each proxy appends the address that it saw. Everything to the left of the trusted proxies' own entries is what the caller wrote. */
suite('forged hops in X-Forwarded-For', () => {
  const office = '192.0.2.7';
  const attacker = '203.0.113.9';
  test('entries that the caller put in front do not count', () => {
    assert.equal(gather('10.0.0.1', { 'x-forwarded-for': `${office}, ${office}, ${attacker}` }).facts.location?.ip, attacker);
  });
  test('a second header line does not count either', () => {
    assert.equal(gather('10.0.0.1', { 'x-forwarded-for': [office, attacker] }).facts.location?.ip, attacker);
  });
  test('a caller who goes around the first of two proxies does not choose its address', () => {
    // The second proxy appends the attacker's address; the entry that two hops would count out is the attacker's own text.
    assert.equal(gather('10.0.0.1', { 'x-forwarded-for': `${office}, ${attacker}` }, 2).facts.location, undefined);
  });
  test('junk where a trusted proxy should stand', () => {
    assert.equal(gather('10.0.0.1', { 'x-forwarded-for': `${office}, 10.0.0.x` }, 2).facts.location, undefined);
    assert.equal(gather('10.0.0.1', { 'x-forwarded-for': `${office},` }, 2).facts.location, undefined);
  });
  test('an address that readers take differently is none', () => {
    for (const text of ['0300.0.2.7', '192.0.519', '0xc0.0.2.7', '3221225991', '192.0.2.7%eth0', '[2001:db8:1::1]']) {
      assert.equal(gather('10.0.0.1', { 'x-forwarded-for': text }).facts.location, undefined, text);
    }
  });
});
