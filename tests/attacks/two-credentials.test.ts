import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { isRefusal } from '../../gateway/errors.ts';
import { makeAuthenticate } from '../../gateway/pipeline/authenticate/authenticate.ts';
import { makeVirtualKeyAuthenticator } from '../../gateway/pipeline/authenticate/virtual-key.ts';
import { seal } from '../../gateway/secret.ts';
import { acceptedAs } from '../pipeline/accept/request.ts';
import { claims, makeBench, mint, rsaHeader } from '../pipeline/authenticate/issuer.ts';
import { makeKeyBench } from '../pipeline/authenticate/key-bench.ts';

const keys = makeKeyBench();
const jwtBench = makeBench();
const good = keys.issue({});
const authenticate = makeAuthenticate({
  authenticators: [
    keys.authenticator,
    async (credential) => {
      const result = await jwtBench.ask(credential.reveal());
      return typeof result === 'object'
        ? result
        : result === 'not mine'
          ? undefined
          : { kind: 'refusal', code: 'credential.invalid', reasons: [] };
    },
  ],
});
const outcome = async (headers: readonly string[]) => {
  const result = await authenticate(acceptedAs({ headers }));
  return isRefusal(result) ? result.code : result.proofs.map(({ method }) => method).join();
};

suite('two credentials: nobody is guessed', () => {
  const jwt = mint(claims);
  const badJwt = mint(claims, { ...rsaHeader, alg: 'none' });
  for (const [name, headers, expected] of [
    ['none', [], 'credential.missing'],
    ['two that hold', ['authorization', `Bearer ${jwt}`, 'x-api-key', good], 'credential.conflicting'],
    ['a good one and a bad one', ['authorization', `Bearer ${badJwt}`, 'x-api-key', good], 'credential.conflicting'],
    ['a good one and nonsense', ['authorization', `Bearer ${jwt}`, 'x-api-key', 'sk-nonsense'], 'credential.conflicting'],
    ['the same one twice', ['authorization', `Bearer ${good}`, 'x-api-key', good], 'virtual-key'],
    ['a key as bearer', ['authorization', `Bearer ${good}`], 'virtual-key'],
    ['a token as x-api-key', ['x-api-key', jwt], 'jwt'],
    ['a bad token', ['authorization', `Bearer ${badJwt}`], 'credential.invalid'],
    ['a provider’s own key', ['authorization', 'Bearer sk-proj-abc'], 'credential.malformed'],
    ['a token in a cookie', ['cookie', `token=${jwt}`], 'credential.missing'],
    ['a key in the header of another dialect', ['api-key', good], 'credential.missing'],
  ] as const) {
    test(name, async () => assert.equal(await outcome(headers), expected));
  }
  test('a bad credential is not tried as something weaker', async () => {
    let asked = 0;
    const strict = makeAuthenticate({
      authenticators: [makeVirtualKeyAuthenticator(undefined), () => void asked++ as undefined],
    });
    const credential = { place: 'x-api-key', value: seal(good) } as const;
    const result = await strict({ ...acceptedAs({}), credentials: [credential] });
    assert.equal(isRefusal(result) && result.code, 'credential.invalid');
    assert.equal(asked, 0);
  });
});
