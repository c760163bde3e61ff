import assert from 'node:assert/strict';
import { createHash, createHmac, createPrivateKey, sign } from 'node:crypto';
import { describe, it } from 'node:test';
import { signingAlgorithms } from '../../gateway/bundle/signing-algorithm.ts';
import type { BundleProblem, Verification } from '../../gateway/bundle/verification.ts';
import { requireVerified, verifyBundle } from '../../gateway/bundle/verify-bundle.ts';
import { Breakage } from '../../gateway/errors.ts';
import { claims, makePair, now, type Pair, pairFor, signed, smallFiles, verificationKey, verificationOf } from './workbench.ts';

type Files = Map<string, Uint8Array>;

const pair = pairFor('ES256');
const bytes = (text: string) => Buffer.from(text);

function problemsOf(files: Files, verification: Verification = verificationOf(pair)): readonly BundleProblem[] {
  const found = verifyBundle(files, verification);
  assert.ok('problems' in found, 'it is refused');
  return found.problems;
}

/** One problem with this code, about this file. */
function refusedFor(code: BundleProblem['code'], files: Files, verification?: Verification, file?: string): BundleProblem {
  const problems = problemsOf(files, verification);
  assert.deepEqual(
    problems.map((problem) => [problem.code, ...(file === undefined ? [] : [problem.file])]),
    [[code, ...(file === undefined ? [] : [file])]],
  );
  return problems[0] as BundleProblem;
}

const segment = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const withToken = (token: string, files: Files = smallFiles()): Files =>
  files.set('.signatures.json', bytes(JSON.stringify({ signatures: [token] })));

/** A token with this header and payload, honestly signed with the private key. */
function forge(header: object, payload: object, { signing }: Pair = pair): string {
  const text = `${segment(header)}.${segment(payload)}`;
  return `${text}.${sign('sha256', bytes(text), { key: createPrivateKey(signing), dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
}

/** The payload of the good signature. */
function goodPayload(): Record<string, unknown> & { files: { name: string; hash: string; algorithm: string }[] } {
  const { signatures } = JSON.parse(Buffer.from(signed(pair).get('.signatures.json') ?? []).toString()) as { signatures: string[] };
  return JSON.parse(Buffer.from(signatures[0]?.split('.')[1] ?? '', 'base64url').toString());
}
const header = { alg: 'ES256', kid: 'release' };

describe('a signature that holds', () => {
  for (const algorithm of signingAlgorithms) {
    it(`made with ${algorithm}`, () => {
      const own = pairFor(algorithm);
      const found = verifyBundle(signed(own), verificationOf(own));
      assert.ok(!('problems' in found), JSON.stringify(found));
      assert.deepEqual(
        { ...found, content: '' },
        { keyId: 'release', scope: 'write', version: 7, issuedAt: claims.issuedAt, expiresAt: claims.expiresAt, content: '' },
      );
    });
  }

  it('is not broken by white space and the order of keys in documents, and its content stays the same', () => {
    const files = signed(pair);
    const found = requireVerified(files, verificationOf(pair));
    files.set('data.json', bytes('{"roles":{"a":[1e3,"\u2028\\u00e9",null,true],\n"b":1.0}}'));
    assert.deepEqual(requireVerified(files, verificationOf(pair)), found);
  });

  it('names no key: the only one is taken', () => {
    const { keyid: _, ...payload } = goodPayload();
    const files = withToken(forge({ alg: 'ES256' }, payload));
    assert.equal(requireVerified(files, verificationOf(pair)).keyId, 'release');
    const two = verificationOf(pair, { keys: [verificationKey(pair), verificationKey(makePair('ES256'), 'next')] });
    refusedFor('unknown-key', files, two);
  });

  it('was made with the second of two keys', () => {
    const next = makePair('EdDSA');
    const verification = verificationOf(pair, { keys: [verificationKey(pair), verificationKey(next, 'next')] });
    assert.equal(requireVerified(signed(next, { keyId: 'next' }), verification).keyId, 'next');
  });
});

describe('a bundle that was not signed, or not with a configured key', () => {
  it('has no signature', () => void refusedFor('unsigned', smallFiles()));
  it('is signed with another key of the same name', () => void refusedFor('bad-signature', signed(makePair('ES256'))));
  it('names a key that is not configured', () => void refusedFor('unknown-key', signed(pair, { keyId: 'mallory' })));
  it('names two keys', () => void refusedFor('unknown-key', withToken(forge({ ...header, kid: 'other' }, goodPayload()))));
  it('has its signature in a folder only', () => {
    const files = signed(pair);
    files.set('a/.signatures.json', files.get('.signatures.json') ?? bytes(''));
    refusedFor('malformed', files);
    files.delete('.signatures.json');
    refusedFor('malformed', files);
  });
  for (const [what, text] of Object.entries({
    'an empty object': '{}',
    'no signature': '{"signatures":[]}',
    'two signatures': '{"signatures":["a.b.c","a.b.c"]}',
    'a number': '{"signatures":[1]}',
    'a plug-in': '{"signatures":["a.b.c"],"plugin":"mine"}',
    'no JSON': 'nope',
    'the key twice': '{"signatures":["a.b.c"],"signatures":["a.b.c"]}',
    'not a JWT': '{"signatures":["abc"]}',
    'a JWE': '{"signatures":["a.b.c.d.e"]}',
    'no signature part': `{"signatures":["${segment(header)}.${segment({})}."]}`,
  })) {
    it(`holds ${what} in .signatures.json`, () => {
      refusedFor('malformed', smallFiles().set('.signatures.json', bytes(text)), undefined, '.signatures.json');
    });
  }
  it('has a payload that was altered', () => {
    const [head, , signature] = forge(header, goodPayload()).split('.');
    refusedFor('bad-signature', withToken(`${head}.${segment({ ...goodPayload(), scope: 'write', regate_version: 8 })}.${signature}`));
  });
  it('has a signature in another encoding of the same bits', () => {
    const token = forge(header, goodPayload());
    refusedFor('malformed', withToken(`${token}=`));
    refusedFor('malformed', withToken(token.replace('.', '.\n')));
  });
  it('asks for an extension', () => {
    refusedFor('malformed', withToken(forge({ ...header, crit: ['b64'], b64: false }, goodPayload())));
    refusedFor('malformed', withToken(forge({ ...header, crit: [] }, goodPayload())));
  });
});

describe('algorithm confusion', () => {
  const hmacWith = (secret: string | Buffer, alg = 'HS256'): string => {
    const text = `${segment({ alg, kid: 'release' })}.${segment(goodPayload())}`;
    return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
  };
  it('HS256 with the public key as the secret', () => void refusedFor('wrong-algorithm', withToken(hmacWith(pair.verifying))));
  it('the same under the name of the right algorithm', () =>
    void refusedFor('bad-signature', withToken(hmacWith(pair.verifying, 'ES256'))));
  for (const alg of ['none', 'None', '', undefined, null, 'ES384', 'es256']) {
    it(`alg ${JSON.stringify(alg) ?? 'absent'}, with a signature and without`, () => {
      const text = `${segment({ alg, kid: 'release' })}.${segment(goodPayload())}`;
      refusedFor('wrong-algorithm', withToken(`${text}.${Buffer.alloc(64).toString('base64url')}`));
      refusedFor('malformed', withToken(`${text}.`));
    });
  }
  it('a signature of zeros', () => {
    const text = `${segment(header)}.${segment(goodPayload())}`;
    refusedFor('bad-signature', withToken(`${text}.${Buffer.alloc(64).toString('base64url')}`));
  });
  it('an RS256 key does not verify PS256', () => {
    const rsa = pairFor('RS256');
    refusedFor('wrong-algorithm', signed({ ...rsa, algorithm: 'PS256' }), verificationOf(rsa));
  });
});

describe('files that are not those that were signed', () => {
  const files = (change: (files: Files) => void): Files => {
    const all = signed(pair);
    change(all);
    return all;
  };
  const name = 'gateway/decision/answer.rego';
  it('one was added', () =>
    void refusedFor(
      'unsigned-file',
      files((all) => all.set('more.rego', bytes('x'))),
      undefined,
      'more.rego',
    ));
  it('one was removed', () =>
    void refusedFor(
      'missing-file',
      files((all) => all.delete(name)),
      undefined,
      name,
    ));
  it('one was altered', () =>
    void refusedFor(
      'altered-file',
      files((all) => all.set(name, bytes('package evil\n'))),
      undefined,
      name,
    ));
  it('white space was added to what is no document', () =>
    void refusedFor(
      'altered-file',
      files((all) => all.set(name, bytes('package gateway.decision\n\n'))),
      undefined,
      name,
    ));
  it('two changed places', () => {
    const swapped = files((all) => {
      const [a, b] = [all.get(name), all.get('policy.wasm')];
      all.set(name, b ?? bytes('')).set('policy.wasm', a ?? bytes(''));
    });
    assert.deepEqual(
      problemsOf(swapped).map(({ code, file }) => [code, file]),
      [
        ['altered-file', name],
        ['altered-file', 'policy.wasm'],
      ],
    );
  });
  it('one was renamed', () => {
    const renamed = files((all) => {
      all.set('gateway/other.rego', all.get(name) ?? bytes(''));
      all.delete(name);
    });
    assert.deepEqual(
      problemsOf(renamed).map(({ code, file }) => [code, file]),
      [
        ['missing-file', name],
        ['unsigned-file', 'gateway/other.rego'],
      ],
    );
  });
  for (const [what, text] of Object.entries({
    'a number is written otherwise': '{"roles": {"b": 1, "a": [1e3, "\\u2028é", null, true]}}',
    'a key comes twice':
      '{"roles": {"b": 1.0, "a": [1e3, "\\u2028é", null, true]}, "roles": {"b": 1.0, "a": [1e3, "\\u2028é", null, true]}}',
    'a byte order mark precedes it': '\ufeff{"roles": {"b": 1.0, "a": [1e3, "\\u2028é", null, true]}}',
    'an item changed places': '{"roles": {"b": 1.0, "a": ["\\u2028é", 1e3, null, true]}}',
    'it is YAML': 'roles: {b: 1.0, a: [1e3, "\\u2028é", null, true]}',
  })) {
    it(`data.json: ${what}`, () =>
      void refusedFor(
        'altered-file',
        files((all) => all.set('data.json', bytes(text))),
        undefined,
        'data.json',
      ));
  }

  const listing = (change: (list: { name: string; hash: string; algorithm: string }[]) => unknown[]): Files => {
    const payload = goodPayload();
    return withToken(forge(header, { ...payload, files: change(payload.files) }));
  };
  it('the hash of another file', () => {
    const files = listing((list) => list.map((entry) => (entry.name === name ? { ...entry, hash: list[2]?.hash } : entry)));
    refusedFor('altered-file', files, undefined, name);
  });
  it('a file is listed twice', () =>
    void refusedFor(
      'malformed',
      listing((list) => [...list, ...list.slice(0, 1)]),
    ));
  it('a file is listed that is the signature itself', () =>
    void refusedFor(
      'altered-file',
      listing((list) => [...list, { name: '.signatures.json', hash: '00', algorithm: 'SHA-256' }]),
    ));
  it('the list is none', () => {
    const problems = problemsOf(withToken(forge(header, { ...goodPayload(), files: {} })));
    assert.equal(problems[0]?.code, 'malformed');
  });
  it('an entry is no entry', () =>
    void refusedFor(
      'malformed',
      listing((list) => [...list, null]),
    ));
  it('the list is empty: every file is one too many', () => {
    assert.deepEqual(new Set(problemsOf(listing(() => [])).map(({ code }) => code)), new Set(['unsigned-file']));
  });
  for (const [algorithm, openssl] of Object.entries({ MD5: 'md5', 'SHA-1': 'sha1', 'SHA-224': 'sha224', 'SHA-512-224': 'sha512-224' })) {
    it(`a right hash that is weak: ${algorithm}`, () => {
      const hash = createHash(openssl).update('package gateway.decision\n').digest('hex');
      refusedFor(
        'weak-hash',
        listing((list) => list.map((entry) => (entry.name === name ? { name, hash, algorithm } : entry))),
        undefined,
        name,
      );
    });
  }
  it('a hash that nobody knows', () =>
    void refusedFor(
      'malformed',
      listing((list) => list.map((entry) => (entry.name === name ? { ...entry, algorithm: 'CRC-32' } : entry))),
    ));
  for (const [algorithm, openssl] of Object.entries({ 'SHA-384': 'sha384', 'SHA-512': 'sha512', 'SHA-512-256': 'sha512-256' })) {
    it(`but a hash may be ${algorithm}, in capitals`, () => {
      const hash = createHash(openssl).update('package gateway.decision\n').digest('hex').toUpperCase();
      requireVerified(
        listing((list) => list.map((entry) => (entry.name === name ? { name, hash, algorithm } : entry))),
        verificationOf(pair),
      );
    });
  }
});

describe('claims', () => {
  it('another scope', () => void refusedFor('scope', signed(pair, { scope: 'read' })));
  it('no scope where one is wanted, and one where none is', () => {
    refusedFor('scope', signed(pair, { scope: '' }));
    refusedFor('scope', signed(pair), verificationOf(pair, { scope: '' }));
    requireVerified(signed(pair, { scope: '' }), verificationOf(pair, { scope: '' }));
  });
  it('expired, to the second', () => {
    const files = signed(pair, { expiresAt: now / 1000 });
    refusedFor('expired', files);
    requireVerified(files, verificationOf(pair, { now: now - 1 }));
  });
  it('not valid yet', () => void refusedFor('not-yet-valid', withToken(forge(header, { ...goodPayload(), nbf: now / 1000 + 1 }))));
  for (const value of ['1', null, -1, 1e15, true]) {
    it(`an expiry that is no time: ${JSON.stringify(value)}`, () =>
      void refusedFor('malformed', withToken(forge(header, { ...goodPayload(), exp: value }))));
  }
  for (const value of ['8', null, -1, 1.5, 2 ** 53, true]) {
    it(`a version that is no whole number: ${JSON.stringify(value)}`, () =>
      void refusedFor('malformed', withToken(forge(header, { ...goodPayload(), regate_version: value }))));
  }

  const { content } = requireVerified(signed(pair), verificationOf(pair));
  it('an older version than was active', () => {
    const newest = { version: 8, content: 'x' };
    assert.match(refusedFor('downgrade', signed(pair), verificationOf(pair, { newest })).message, /version is 7, and 8 has been active/);
    requireVerified(signed(pair), verificationOf(pair, { newest, allowDowngrade: true }));
  });
  it('the same version: the same content passes, another does not', () => {
    requireVerified(signed(pair, { expiresAt: now / 1000 + 7200 }), verificationOf(pair, { newest: { version: 7, content } }));
    const other = signed(pair, {}, smallFiles().set('policy.wasm', bytes('other')));
    refusedFor('downgrade', other, verificationOf(pair, { newest: { version: 7, content } }));
  });
  it('a higher version', () => void requireVerified(signed(pair), verificationOf(pair, { newest: { version: 6, content } })));
  it('no version, as after opa sign: only where downgrades are allowed', () => {
    const { regate_version: _, ...payload } = goodPayload();
    const files = withToken(forge(header, payload));
    refusedFor('no-version', files);
    assert.equal('version' in requireVerified(files, verificationOf(pair, { allowDowngrade: true })), false);
  });
});

it('says the first three things that are wrong, and how many more', () => {
  const files = signed(pair, { scope: 'read' });
  for (let each = 0; each < 4; each++) files.set(`${each}.rego`, bytes('x'));
  assert.throws(
    () => requireVerified(files, verificationOf(pair)),
    (error) =>
      error instanceof Breakage &&
      error.code === 'policy.unavailable' &&
      error.message ===
        'the bundle is not verified: the signature is for the scope "read", and this gateway wants the scope "write"; ' +
          '0.rego: it is in the bundle and not in the signature; 1.rego: it is in the bundle and not in the signature; and 2 more',
  );
});

describe('a verification key that cannot be used', () => {
  const cases: readonly [string, Parameters<typeof verificationKey>[0], RegExp][] = [
    ['is a private key', { ...pair, verifying: pair.signing }, /is a private key/],
    ['is no key', { ...pair, verifying: 'nope' }, /not a public key in PEM/],
    ['is on another curve', { ...pairFor('ES384'), algorithm: 'ES256' }, /ES256 needs a key on prime256v1/],
    ['is of another kind', { ...pairFor('RS256'), algorithm: 'ES256' }, /ES256 needs a key on/],
    ['is of another kind still', { ...pair, algorithm: 'RS256' }, /RS256 needs an RSA key/],
    ['is not Ed25519', { ...pair, algorithm: 'EdDSA' }, /EdDSA needs an Ed25519 key/],
    ['is a secret that is too short', { algorithm: 'HS256', signing: '', verifying: 'x'.repeat(31) }, /at least 32 bytes/],
    ['is empty', { algorithm: 'HS256', signing: '', verifying: '' }, /is empty/],
  ];
  for (const [what, own, why] of cases) {
    it(what, () => {
      assert.throws(
        () => verificationKey(own),
        (error: Error) =>
          error instanceof Breakage && why.test(error.message) && !error.message.includes(own.verifying.slice(30, 60) || '\0'),
      );
    });
  }
});
