import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { claims, mint, verdict } from '../pipeline/authenticate/issuer.ts';
import { chainOf, configuration } from '../pipeline/chain/chains.ts';

const { actor: _actor, ...withoutActor } = configuration;

function nest(depth: number, sub: (n: number) => string = (n) => `a-${n}`): Record<string, unknown> {
  let act: Record<string, unknown> = { sub: sub(0) };
  for (let n = 1; n < depth; n++) act = { sub: sub(n), act };
  return act;
}

suite('act nesting: a delegation that is not one is refused', () => {
  for (const [name, act] of [
    ['deeper than the issuer may go', nest(4)],
    ['a hundred deep', nest(100)],
    ['ten thousand deep', nest(10_000)],
    ['the originator acting for itself', { sub: '00u1' }],
    ['a loop of actors', { sub: 'a', act: { sub: 'b', act: { sub: 'a' } } }],
    ['the originator inside', { sub: 'a', act: { sub: '00u1' } }],
    ['null', null],
    ['a string', 'agent-7'],
    ['an array', [{ sub: 'agent-7' }]],
    ['an empty object', {}],
    ['no sub', { client_id: 'agent-7' }],
    ['an empty sub', { sub: '' }],
    ['a sub that is a number', { sub: 7 }],
    ['a sub with a line end', { sub: 'a\nb' }],
    ['a sub of another alphabet', { sub: '\u0430gent' }],
    ['a null inside', { sub: 'a', act: null }],
    ['another issuer', { sub: 'a', iss: 'https://other.example' }],
    ['an issuer that is null', { sub: 'a', iss: null }],
    ['roles that are no list', { sub: 'a', roles: { root: true } }],
  ] as const) {
    test(name, () => assert.equal(chainOf({ act }), 'identity.delegation-refused'));
  }
  test('an issuer whose actors are not configured names none', () => {
    assert.equal(chainOf({ act: { sub: 'a' } }, {}, withoutActor), 'identity.delegation-refused');
  });
  test('a token nested beyond reason does not even pass as a token', async () => {
    assert.equal(await verdict(mint({ ...claims, act: nest(200) })), 'credential.invalid');
  });
});
