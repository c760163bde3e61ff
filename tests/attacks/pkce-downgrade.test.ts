import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { challenge, startTokens, verifier } from '../http/tokens/harness.ts';

const downgrades: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'the plain method': { code_challenge_method: 'plain', code_challenge: verifier },
  'no method, which means plain': { code_challenge_method: '' },
  'no challenge': { code_challenge: '' },
  'a short challenge': { code_challenge: challenge.slice(1) },
  'a challenge with padding': { code_challenge: `${challenge}=` },
  'another response type': { response_type: 'token' },
  'a response type more': { response_type: 'code token' },
};

suite('PKCE downgrade: no code without a challenge that only its owner can answer', () => {
  for (const [name, changed] of Object.entries(downgrades)) {
    test(name, async (t) => {
      const { approve } = await startTokens(t);
      const { to } = await approve(changed);
      const back = new URL(to ?? '').searchParams;
      assert.equal(back.get('code'), null);
      assert.ok(back.get('error'));
    });
  }

  for (const [name, given] of Object.entries({
    'no verifier': '',
    'another verifier': 'b'.repeat(43),
    'the challenge itself': challenge,
  })) {
    test(name, async (t) => {
      const { getCode, redeem } = await startTokens(t);
      assert.equal((await redeem(await getCode(), { code_verifier: given })).json['error'], 'invalid_grant');
    });
  }
});
