import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { makeContext } from '../../../gateway/pipeline/collect/context/context.ts';
import type { ContextConfiguration } from '../../../gateway/vocabulary/configuration.ts';
import type { DeviceFact, LocationFact } from '../../../gateway/vocabulary/facts.ts';
import { accepted, chain, context, type Head } from './given.ts';

const proxy = '10.0.0.1';
const trustedProxies = ['10.0.0.0/8', 'fd00::/8'];

function gather(head: Head, more: Partial<ContextConfiguration> = {}, attested: DeviceFact | undefined = undefined) {
  const of = makeContext({ context: { ...context, ...more }, trustedProxies });
  return of(accepted(head), { ...chain, attested: attested === undefined ? {} : { device: attested } });
}

suite('location', () => {
  const rows: readonly [string, Head, LocationFact | undefined, number?][] = [
    ['the peer, in no network', { peer: '203.0.113.9' }, { ip: '203.0.113.9', evidence: 'peer' }],
    ['the peer, in a network', { peer: '192.0.2.7' }, { ip: '192.0.2.7', network: 'office', evidence: 'peer' }],
    ['IPv4 in IPv6 is IPv4', { peer: '::ffff:192.0.2.7' }, { ip: '192.0.2.7', network: 'office', evidence: 'peer' }],
    ['IPv6 in its one spelling', { peer: '2001:0DB8:0001::00ff' }, { ip: '2001:db8:1::ff', network: 'office', evidence: 'peer' }],
    ['a socket whose other end has gone', { peer: '0.0.0.0' }, undefined],
    [
      'what the proxy saw',
      { peer: proxy, headers: { 'x-forwarded-for': '192.0.2.7' } },
      { ip: '192.0.2.7', network: 'office', evidence: 'trusted-proxy' },
    ],
    [
      'a trusted proxy over IPv6',
      { peer: 'fd00::1', headers: { 'x-forwarded-for': '2001:db8:1::1' } },
      { ip: '2001:db8:1::1', network: 'office', evidence: 'trusted-proxy' },
    ],
    [
      'through two proxies',
      { peer: proxy, headers: { 'x-forwarded-for': '203.0.113.9, 10.0.0.2' } },
      { ip: '203.0.113.9', evidence: 'trusted-proxy' },
      2,
    ],
    ['no chain from a proxy', { peer: proxy }, undefined],
    ['a chain too short', { peer: proxy, headers: { 'x-forwarded-for': '203.0.113.9' } }, undefined, 2],
    ['no address', { peer: proxy, headers: { 'x-forwarded-for': 'unknown' } }, undefined],
    ['an octal address', { peer: proxy, headers: { 'x-forwarded-for': '0300.0.2.7' } }, undefined],
    ['an address with a port', { peer: proxy, headers: { 'x-forwarded-for': '192.0.2.7:80' } }, undefined],
    ['an empty entry', { peer: proxy, headers: { 'x-forwarded-for': '192.0.2.7,' } }, undefined],
    ['a chain without end', { peer: proxy, headers: { 'x-forwarded-for': `${'1.1.1.1,'.repeat(300)}192.0.2.7` } }, undefined],
    [
      'country and network operator',
      { peer: proxy, headers: { 'x-forwarded-for': '203.0.113.9', 'x-country': 'DE', 'x-asn': 'AS64496' } },
      {
        ip: '203.0.113.9',
        country: 'DE',
        country_source: 'trusted-proxy',
        asn: 64496,
        asn_source: 'trusted-proxy',
        evidence: 'trusted-proxy',
      },
    ],
    [
      'unknown and malformed ones are absent',
      { peer: proxy, headers: { 'x-forwarded-for': '203.0.113.9', 'x-country': 'XX', 'x-asn': '4294967296' } },
      { ip: '203.0.113.9', evidence: 'trusted-proxy' },
    ],
    [
      'two countries are none',
      { peer: proxy, headers: { 'x-forwarded-for': '203.0.113.9', 'x-country': ['DE', 'FR'] } },
      { ip: '203.0.113.9', evidence: 'trusted-proxy' },
    ],
  ];
  for (const [name, head, want, forwardedHops] of rows) {
    test(name, () => {
      const { facts, ignoredHeaders } = gather(head, forwardedHops === undefined ? {} : { forwardedHops });
      assert.deepEqual(facts.location, want);
      assert.deepEqual(ignoredHeaders, []);
    });
  }
});

suite('device', () => {
  const headers = { 'x-forwarded-for': '203.0.113.9', 'x-device-id': 'd-1', 'x-device-managed': 'true', 'x-device-os': 'macOS 26' };
  const said: DeviceFact = { id: 'd-1', managed: true, os: 'macOS 26', evidence: 'asserted' };
  const proved: DeviceFact = { id: 'd-9', managed: false, evidence: 'attested' };

  test('asserted by a trusted proxy', () => assert.deepEqual(gather({ peer: proxy, headers }).facts.device, said));
  test('asserted is not enough', () => {
    assert.equal('device' in gather({ peer: proxy, headers }, { deviceEvidence: 'attested' }).facts, false);
  });
  test('proved outranks asserted, as a whole', () => assert.deepEqual(gather({ peer: proxy, headers }, {}, proved).facts.device, proved));
  test('proved, with the highest evidence asked for', () => {
    assert.deepEqual(gather({}, { deviceEvidence: 'attested' }, proved).facts.device, proved);
  });
  test('what cannot be read is absent, not false', () => {
    assert.deepEqual(gather({ peer: proxy, headers: { 'x-device-managed': 'TRUE', 'x-device-id': 'd 1' } }).facts.device, undefined);
    assert.deepEqual(gather({ peer: proxy, headers: { 'x-device-managed': 'no', 'x-device-id': 'd-1' } }).facts.device, {
      id: 'd-1',
      evidence: 'asserted',
    });
  });
});

suite('time', () => {
  const at = (iso: string, zone: string) => {
    const of = makeContext({ context: { ...context, zone }, trustedProxies });
    return of({ ...accepted(), receivedAt: Date.parse(iso) }, chain).facts.time;
  };
  for (const [iso, zone, weekday, hour] of [
    ['2026-03-03T08:30:00Z', 'Europe/Berlin', 'tuesday', 9],
    ['2026-03-03T23:30:00Z', 'Europe/Berlin', 'wednesday', 0],
    ['2026-03-29T00:59:59Z', 'Europe/Berlin', 'sunday', 1],
    ['2026-03-29T01:00:00Z', 'Europe/Berlin', 'sunday', 3],
    ['2026-03-03T00:10:00Z', 'Asia/Kathmandu', 'tuesday', 5],
    ['2026-03-03T03:00:00Z', 'America/Los_Angeles', 'monday', 19],
  ] as const) {
    test(`${iso} in ${zone}`, () => assert.deepEqual(at(iso, zone), { weekday, hour, zone }));
  }
  test('the kept answer changes with the minute', () => {
    const of = makeContext({ context, trustedProxies });
    const hours = ['2026-03-03T08:59:59Z', '2026-03-03T09:00:00Z'].map(
      (iso) => of({ ...accepted(), receivedAt: Date.parse(iso) }, chain).facts.time.hour,
    );
    assert.deepEqual(hours, [9, 10]);
  });
});

test('the session is the issuer’s word', () => {
  const of = makeContext({ context, trustedProxies });
  const session = { id: 's', mfa: true };
  assert.deepEqual(of(accepted(), { ...chain, attested: { session } }).facts.session, session);
  assert.equal('session' in of(accepted(), chain).facts, false);
});
