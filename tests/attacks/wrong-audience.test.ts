import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { claims, mint, verdict } from '../pipeline/authenticate/issuer.ts';

// RFC 8725 section 3.9: a token for one service, replayed at another.
suite('wrong audience: a token for somebody else is refused', () => {
  for (const aud of [
    'other',
    '',
    'REGATE',
    'regate ',
    'regate/other',
    ['other'],
    [],
    ['regate', 7],
    [['regate']],
    { regate: true },
    null,
    undefined,
    7,
  ]) {
    test(JSON.stringify(aud) ?? 'none', async () => assert.equal(await verdict(mint({ ...claims, aud })), 'credential.invalid'));
  }
});
