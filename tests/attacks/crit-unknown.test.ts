import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { claims, mint, rsaHeader, verdict } from '../pipeline/authenticate/issuer.ts';

// RFC 7515 section 4.1.11: an extension that is marked critical must be understood or the token refused.
suite('unknown crit: an extension that is not understood is not passed over', () => {
  for (const more of [
    { crit: ['http://evil.example/skip'], 'http://evil.example/skip': true },
    { crit: ['exp'], exp: 1 },
    { crit: ['b64'], b64: false },
    { crit: ['b64'], b64: true },
    { b64: false },
    { crit: [] },
    { crit: 'b64' },
    { crit: ['missing'] },
    { crit: null },
  ]) {
    test(JSON.stringify(more), async () => assert.equal(await verdict(mint(claims, { ...rsaHeader, ...more })), 'credential.invalid'));
  }
});
