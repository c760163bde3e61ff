import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { claims, mint, nowSeconds, verdict } from '../pipeline/authenticate/issuer.ts';

suite('token out of time: neither yesterday’s, nor tomorrow’s, nor for ever', () => {
  for (const [name, more, code] of [
    ['expired', { iat: nowSeconds - 3700, exp: nowSeconds - 100 }, 'credential.expired'],
    ['expired at the edge of the skew', { exp: nowSeconds - 30 }, 'credential.expired'],
    ['exp zero', { exp: 0 }, 'credential.expired'],
    ['exp negative', { exp: -1 }, 'credential.invalid'],
    ['exp in milliseconds', { exp: nowSeconds * 1000 }, 'credential.invalid'],
    ['a life of ten years', { exp: nowSeconds + 315_360_000 }, 'credential.invalid'],
    ['a life of ten years without iat', { iat: undefined, exp: nowSeconds + 315_360_000 }, 'credential.invalid'],
    ['a life of ten years that is nearly over', { iat: nowSeconds - 315_360_000 }, 'credential.invalid'],
    ['iat in the far future', { iat: nowSeconds + 3000 }, 'credential.invalid'],
    ['iat beyond the skew', { iat: nowSeconds + 31 }, 'credential.invalid'],
    ['iat as text', { iat: 'now' }, 'credential.invalid'],
    ['iat negative', { iat: -1e300 }, 'credential.invalid'],
    ['nbf in the future', { nbf: nowSeconds + 31 }, 'credential.invalid'],
    ['nbf as text', { nbf: '0' }, 'credential.invalid'],
    ['nbf null', { nbf: null }, 'credential.invalid'],
  ] as const) {
    test(name, async () => assert.equal(await verdict(mint({ ...claims, ...more })), code));
  }
});
