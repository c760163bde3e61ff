import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { makeContext } from '../../gateway/pipeline/collect/context/context.ts';
import { makePlaces } from '../../gateway/places/places.ts';
import { keepLog } from '../pipeline/authenticate/clock.ts';
import { accepted, chain, context } from '../pipeline/collect/given.ts';
import { writeMmdb } from './write-mmdb.ts';

const directory = mkdtempSync(join(tmpdir(), 'regate-places-'));
after(() => rmSync(directory, { recursive: true, force: true }));
const country = join(directory, 'country.mmdb');
const asn = join(directory, 'asn.mmdb');
writeFileSync(
  country,
  writeMmdb([
    { cidr: '203.0.113.0/24', value: { country: { iso_code: 'DE', names: { en: 'Germany' } } } },
    { cidr: '2001:db8::/32', value: { country_code: 'FR' } },
    { cidr: '198.51.100.0/24', value: { country: { iso_code: 'not a country' } } },
  ]),
);
writeFileSync(
  asn,
  writeMmdb([{ cidr: '203.0.113.0/25', value: { autonomous_system_number: 64_496, autonomous_system_organization: 'Example' } }]),
);

test('a table says the country and the autonomous system of an address', (t) => {
  const places = makePlaces({ country, asn, logger: keepLog().logger });
  t.after(() => places.close());
  assert.deepEqual(places.find('203.0.113.9'), { country: 'DE', asn: 64_496 });
  assert.deepEqual(places.find('203.0.113.200'), { country: 'DE' });
  assert.deepEqual(places.find('2001:db8::1'), { country: 'FR' });
  assert.deepEqual(places.find('192.0.2.1'), {});
  assert.deepEqual(places.find('198.51.100.1'), {}, 'what is no country is not one');
});

test('the fact says who says so, and a proxy’s header stands above the table', (t) => {
  const places = makePlaces({ country, asn, logger: keepLog().logger });
  t.after(() => places.close());
  const contextOf = makeContext({ context, trustedProxies: ['10.0.0.0/8'], findPlace: places.find });
  const locationOf = (peer: string, headers = {}) => contextOf(accepted({ peer, headers }), chain).facts.location;
  assert.deepEqual(locationOf('203.0.113.9'), {
    ip: '203.0.113.9',
    country: 'DE',
    country_source: 'mmdb',
    asn: 64_496,
    asn_source: 'mmdb',
    evidence: 'peer',
  });
  assert.deepEqual(locationOf('10.0.0.1', { 'x-forwarded-for': '203.0.113.9', 'x-country': 'NL' }), {
    ip: '203.0.113.9',
    country: 'NL',
    country_source: 'trusted-proxy',
    asn: 64_496,
    asn_source: 'mmdb',
    evidence: 'trusted-proxy',
  });
  assert.deepEqual(locationOf('203.0.113.9', { 'x-country': 'NL' })?.country, 'DE', 'a caller’s own header is nothing');
});

test('a file that changes is read anew; one that is damaged leaves the last good one in force', async (t) => {
  const path = join(directory, 'changing.mmdb');
  writeFileSync(path, writeMmdb([{ cidr: '203.0.113.0/24', value: { country: { iso_code: 'DE' } } }]));
  const { logger, lines } = keepLog();
  const places = makePlaces({ country: path, logger });
  t.after(() => places.close());
  assert.equal(places.find('203.0.113.9').country, 'DE');
  writeFileSync(path, writeMmdb([{ cidr: '203.0.113.0/24', value: { country: { iso_code: 'AT' }, more: 'x' } }]));
  await places.refresh();
  assert.equal(places.find('203.0.113.9').country, 'AT');
  writeFileSync(path, 'no table');
  await places.refresh();
  assert.equal(places.find('203.0.113.9').country, 'AT');
  assert.equal(lines.filter(({ level }) => level === 'error').length, 1);
});

test('without a table, or with one that is not there, no place is known', (t) => {
  const { logger, lines } = keepLog();
  const places = makePlaces({ country: join(directory, 'nowhere.mmdb'), logger });
  t.after(() => places.close());
  assert.deepEqual(places.find('203.0.113.9'), {});
  assert.match(lines[0]?.message ?? '', /no place is known/);
});
