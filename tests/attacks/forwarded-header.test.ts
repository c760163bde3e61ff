import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { makeContext } from '../../gateway/pipeline/collect/context/context.ts';
import { readForwarded } from '../../gateway/pipeline/collect/context/forwarded-header.ts';
import { accepted, chain, context } from '../pipeline/collect/given.ts';

const gather = (peer: string, headers: Record<string, string | readonly string[]>, forwardedHops = 1) =>
  makeContext({ context: { ...context, forwardedHops, forwardedHeader: 'forwarded' }, trustedProxies: ['10.0.0.0/8'] })(
    accepted({ peer, headers }),
    chain,
  );
const ipOf = (forwarded: string | readonly string[], hops = 1) => gather('10.0.0.1', { forwarded }, hops).facts.location?.ip;

/* Forwarded (RFC 7239): each proxy appends an element that says whom it saw. All to the left of it the caller may have written. */
suite('Forwarded', () => {
  test('the last element counts', () => assert.equal(ipOf('for=192.0.2.7'), '192.0.2.7'));
  test('a quoted IPv6 address with a port', () => assert.equal(ipOf('for="[2001:db8:1::7]:4711";proto=https'), '2001:db8:1::7'));
  test('an IPv4-mapped address is the IPv4 address', () => assert.equal(ipOf('for="[::ffff:192.0.2.7]"'), '192.0.2.7'));
  test('from a caller who is no proxy it is ignored, and noted', () => {
    const { facts, ignoredHeaders } = gather('203.0.113.9', { forwarded: 'for=192.0.2.7' });
    assert.equal(facts.location?.ip, '203.0.113.9');
    assert.deepEqual(ignoredHeaders, ['forwarded']);
  });
  test('elements that the caller put in front', () => assert.equal(ipOf('for=192.0.2.7, for=192.0.2.8, for=203.0.113.9'), '203.0.113.9'));
  test('a line that the caller put in front', () => assert.equal(ipOf(['for=192.0.2.7', 'for=203.0.113.9']), '203.0.113.9'));
  test('X-Forwarded-For beside it, which the proxy leaves as the caller wrote it', () => {
    const { facts } = gather('10.0.0.1', { forwarded: 'for=203.0.113.9', 'x-forwarded-for': '192.0.2.7' });
    assert.equal(facts.location?.ip, '203.0.113.9');
  });
  test('a quotation mark that swallows the proxy’s own element', () =>
    assert.equal(ipOf(['for=192.0.2.7;by="', 'for=203.0.113.9']), undefined));
  test('a quotation mark that ends inside the proxy’s own element', () => {
    assert.equal(ipOf(['for=192.0.2.7;by="a', 'for="203.0.113.9"']), undefined);
  });
  test('two for in one element', () => assert.equal(ipOf('for=203.0.113.9;for=192.0.2.7'), undefined));
  test('for in capitals is for', () => assert.equal(ipOf('For=203.0.113.9;FOR=192.0.2.7'), undefined));
  test('unknown', () => assert.equal(ipOf('for=unknown'), undefined));
  test('an obfuscated id', () => assert.equal(ipOf('for=_hidden'), undefined));
  test('an obfuscated id that looks like an address', () => assert.equal(ipOf('for=_192.0.2.7'), undefined));
  test('IPv6 without brackets', () => assert.equal(ipOf('for="2001:db8:1::7"'), undefined));
  test('IPv6 in brackets without quotes is no token', () => assert.equal(ipOf('for=[2001:db8:1::7]'), undefined));
  test('an address with a zone', () => assert.equal(ipOf('for="[fe80::1%25eth0]"'), undefined));
  test('an address in octal', () => assert.equal(ipOf('for=0300.0.2.7'), undefined));
  test('an element without for', () => assert.equal(ipOf('for=192.0.2.7, proto=https'), undefined));
  test('an empty element at the end', () => assert.equal(ipOf('for=192.0.2.7,'), undefined));
  test('a caller who goes around the first of two proxies', () => assert.equal(ipOf('for=192.0.2.7, for=203.0.113.9', 2), undefined));
  test('two proxies in line', () => assert.equal(ipOf('for=192.0.2.7, for=10.0.0.2', 2), '192.0.2.7'));
  test('a header of many thousand elements', () => assert.equal(ipOf(`${'for=192.0.2.7,'.repeat(5000)}for=192.0.2.7`), undefined));
});

test('whatever the caller writes in front, the last element is the proxy’s own or nothing is known', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary-ascii', maxLength: 60 }), (text) => {
      const read = readForwarded(`${text},for=203.0.113.9`);
      assert.ok(read === undefined || read.at(-1) === '203.0.113.9');
    }),
    { numRuns: 2000 },
  );
});
