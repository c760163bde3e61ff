import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { chainOf, mustChain } from '../pipeline/chain/chains.ts';

suite('forged names: a subject that looks like another one is refused', () => {
  for (const sub of [
    'root\u0000',
    'ro\u200bot',
    'r\u043eot',
    'root ',
    ' root',
    'ro ot',
    'root\n',
    '\u202etoor',
    'root\u007f',
    'x'.repeat(256),
    '',
    '\ud800',
  ]) {
    test(JSON.stringify(sub.slice(0, 20)), () => assert.equal(chainOf({ sub }), 'identity.unmapped'));
  }
  test('what issuers really write is taken', () => {
    for (const sub of [
      'auth0|123',
      'system:serviceaccount:ns:name',
      'spiffe://example.org/a',
      'AAAAAAAAAAAAAAAAAAAAA-_',
      'a@b.c',
      'x'.repeat(255),
    ]) {
      assert.equal(mustChain({ sub }).caller.id, `okta:${sub}`);
    }
  });
});

// A policy may deny on a role or a group as well as grant on it: losing one must not be a way around the denial.
suite('lost groups: names that cannot all be read are not read in part', () => {
  for (const [name, more] of [
    [
      'groups left out for size, as Entra does',
      { _claim_names: { groups: 'src1' }, _claim_sources: { src1: { endpoint: 'https://graph.example' } } },
    ],
    ['roles left out for size', { _claim_names: { realm_access: 'src1' } }],
    ['a group that is no string', { groups: ['a', 7] }],
    ['a group that is empty', { groups: [''] }],
    ['a group with a line end', { groups: ['a\nb'] }],
    ['an invisible character', { groups: ['a\u200b'] }],
    ['groups that are an object', { groups: { a: true } }],
    ['groups that are null', { groups: null }],
    ['roles nested in arrays', { realm_access: { roles: [['admin']] } }],
    ['more groups than can be weighed', { groups: Array.from({ length: 1001 }, (_, n) => `g${n}`) }],
  ] as const) {
    test(name, () => assert.equal(chainOf(more), 'identity.unmapped'));
  }
});
