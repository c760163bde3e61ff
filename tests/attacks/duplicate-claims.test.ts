import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { claims, mint, rsaHeader, verdict } from '../pipeline/authenticate/issuer.ts';

// RFC 7519 section 4: of two equal claims a parser may take the last. Another parser may take the first.
suite('duplicate claims: a token with two readings is refused', () => {
  const text = JSON.stringify(claims);
  const header = JSON.stringify(rsaHeader);
  for (const [name, token] of [
    ['sub twice', mint(`{"sub":"root",${text.slice(1)}`)],
    ['sub twice, once with an escape', mint(`{"\\u0073ub":"root",${text.slice(1)}`)],
    ['aud twice', mint(`${text.slice(0, -1)},"aud":"regate"}`)],
    ['exp twice', mint(`${text.slice(0, -1)},"exp":9999999999}`)],
    ['iss twice', mint(`{"iss":"https://other.example",${text.slice(1)}`)],
    ['twice inside act', mint(`${text.slice(0, -1)},"act":{"sub":"a","sub":"b"}}`)],
    ['alg twice', mint(claims, `{"alg":"none",${header.slice(1)}`)],
    ['kid twice', mint(claims, `${header.slice(0, -1)},"kid":"rsa-1"}`)],
    ['a lone surrogate', mint(`${text.slice(0, -1)},"name":"\\ud800"}`)],
    ['text after the object', mint(`${text}{}`)],
    ['a comment', mint(`${text.slice(0, -1)}/**/}`)],
  ] as const) {
    test(name, async () => assert.equal(await verdict(token), 'credential.invalid'));
  }
});
