import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { readParts } from '../../gateway/pipeline/authenticate/jwt-parts.ts';
import { encode } from '../pipeline/authenticate/issuer.ts';
import { chainOf, mustChain } from '../pipeline/chain/chains.ts';

const word = fc.stringMatching(/^[!-~]{1,20}$/);
const name = fc.constantFrom(
  'sub',
  'act',
  'iss',
  'roles',
  'groups',
  'scope',
  'scp',
  'jti',
  'sid',
  'amr',
  'auth_time',
  'realm_access',
  'gty',
  'department',
  '__proto__',
);
const { claims: anyClaims } = fc.letrec((tie) => ({
  value: fc.oneof({ depthSize: 'small' }, fc.jsonValue({ maxDepth: 2 }), word, fc.double(), tie('claims')),
  claims: fc.dictionary(name, tie('value'), { maxKeys: 6 }),
}));

suite('fuzz: chains', () => {
  test('whatever a token says, the chain is well formed or refused', () => {
    let refused = 0;
    let formed = 0;
    fc.assert(
      fc.property(anyClaims, fc.boolean(), (more, keepSub) => {
        const result = chainOf({ ...(more as Record<string, unknown>), ...(keepSub ? { sub: 'someone', act: undefined } : {}) });
        if (typeof result === 'string') {
          refused++;
          assert.ok(result === 'identity.unmapped' || result === 'identity.delegation-refused');
          return;
        }
        formed++;
        assert.equal(result.chain.at(-1)?.kind, 'token');
        assert.deepEqual(result.chain.slice(0, -1), result.principals);
        assert.equal(new Set(result.principals.map(({ id }) => id)).size, result.principals.length);
        assert.equal(result.originator, result.principals[0]);
        assert.equal(result.caller, result.principals.at(-1));
        for (const { id, roles, groups } of result.principals) {
          assert.match(id, /^okta:[!-~]{1,255}$/);
          assert.ok([...roles, ...groups].every((one) => typeof one === 'string' && one !== ''));
        }
        JSON.stringify(result);
      }),
      { numRuns: 3000 },
    );
    assert.ok(formed > 20 && refused > 20, `${formed} formed, ${refused} refused`);
  });
  test('order and ownership hold for every nesting of distinct actors', () => {
    const actors = fc.uniqueArray(fc.tuple(word, fc.uniqueArray(word, { maxLength: 3 })), { maxLength: 3, selector: ([sub]) => sub });
    fc.assert(
      fc.property(actors, (list) => {
        fc.pre(!list.some(([sub]) => sub === '00u1'));
        // The first of the list acted first, so it is the innermost.
        let act: Record<string, unknown> | undefined;
        for (const [sub, roles] of list) act = { sub, roles, ...(act === undefined ? {} : { act }) };
        const { principals } = mustChain({ ...(act === undefined ? {} : { act }), realm_access: { roles: ['own'] } });
        assert.deepEqual(
          principals.map(({ id, roles }) => [id, roles]),
          [['okta:00u1', ['own']], ...list.map(([sub, roles]) => [`okta:${sub}`, roles])],
        );
      }),
      { numRuns: 1000 },
    );
  });
  test('a token in parts: never a throw, and what is read is what JSON says', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.json({ maxDepth: 3 }),
          fc.string(),
          fc.jsonValue().map((value) => JSON.stringify({ value })),
        ),
        (text) => {
          const parts = readParts(`${encode('{}')}.${encode(text)}.x`);
          if (parts !== undefined) assert.deepEqual(parts.claims, JSON.parse(text));
        },
      ),
      { numRuns: 2000 },
    );
  });
});
