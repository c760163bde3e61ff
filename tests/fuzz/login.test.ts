import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isRefusal } from '../../gateway/errors.ts';
import { readWish, writeWish } from '../../gateway/http/login/ask.ts';
import { readResponse } from '../../gateway/http/login/saml/shape.ts';
import { XmlProblem } from '../../gateway/http/login/saml/xml.ts';
import { readSessionId } from '../../gateway/http/login/session-cookie.ts';
import { partsFor, signedResponse } from '../http/login/saml/idp.ts';

const pieces = fc.constantFrom(
  '/',
  '/auth/',
  'auth',
  '..',
  '.',
  '\\',
  '//',
  '%2f',
  '%2e',
  '?',
  '#',
  '@',
  ':',
  'evil.example',
  'https:',
  '\t',
  '\n',
  ' ',
  '\u0000',
  '\u2025',
  'a',
  '=',
  '&',
);

test('whatever a login is asked to lead to, it stays on the pages of this gateway', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.array(pieces, { maxLength: 12 }).map((parts) => parts.join('')),
        fc.array(pieces, { maxLength: 8 }).map((parts) => `/auth/a${parts.join('')}`),
      ),
      (target) => {
        const wish = readWish(new URLSearchParams({ return_to: target }));
        if (isRefusal(wish)) return;
        for (const base of ['https://gateway.example/auth/login', 'https://gateway.example/auth/oidc/okta/callback?code=x']) {
          const url = new URL(wish.returnTo, base);
          assert.equal(url.origin, 'https://gateway.example');
          assert.match(url.pathname, /^\/auth\/[\w-]+(\/[\w-]+)*$/);
        }
        // What goes on to the next page comes back as it was.
        assert.deepEqual(readWish(new URLSearchParams(writeWish(wish))), wish);
      },
    ),
    { numRuns: 2000 },
  );
});

test('no cookie but a signed one holds a session id', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ minLength: 43, maxLength: 43 }), (noise, id) => {
      assert.equal(readSessionId(noise, ['k'.repeat(32)]), undefined);
      assert.equal(readSessionId(`__Host-regate=${noise}`, ['k'.repeat(32)]), undefined);
      assert.equal(readSessionId(`__Host-regate=s%3A${id}.${id}`, ['k'.repeat(32)]), undefined);
    }),
    { numRuns: 3000 },
  );
});

test('whatever becomes of a SAML response, it is read or refused, and nothing breaks', async () => {
  const request = { id: '_request', xml: '', acs: 'https://gateway.example/acs', issuer: 'https://gateway.example/sp' };
  const xml = await signedResponse(partsFor(request));
  const tokens = [
    '<',
    '>',
    '</',
    '/>',
    '"',
    "'",
    '&',
    ';',
    '<!--',
    '<![CDATA[',
    '<?x?>',
    ' ID="_request"',
    '<saml:Assertion>',
    '<Signature>',
    '\u0000',
    'xmlns=""',
    '=',
  ];
  fc.assert(
    fc.property(
      fc.array(
        fc.record({ at: fc.nat(xml.length), cut: fc.nat(40), put: fc.oneof(fc.constantFrom(...tokens), fc.string({ maxLength: 8 })) }),
        { minLength: 1, maxLength: 4 },
      ),
      (edits) => {
        let text = xml;
        for (const { at, cut, put } of edits) text = text.slice(0, at) + put + text.slice(at + cut);
        try {
          const { response } = readResponse(Buffer.from(text).toString('base64'));
          assert.equal(response.localName, 'Response');
        } catch (error) {
          assert.ok(error instanceof XmlProblem, String(error));
          assert.ok(error.message.length < 120);
        }
      },
    ),
    { numRuns: 1500 },
  );
});
