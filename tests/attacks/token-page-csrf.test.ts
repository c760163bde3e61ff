import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { startTokens } from '../http/tokens/harness.ts';

suite('CSRF: no foreign page says yes for a person', () => {
  for (const [name, headers] of Object.entries({
    'a form on a foreign page': { 'sec-fetch-site': 'cross-site' },
    'a form on a sibling site': { 'sec-fetch-site': 'same-site' },
    'an address typed in': { 'sec-fetch-site': 'none' },
    'same-origin with a foreign Origin': { 'sec-fetch-site': 'same-origin', origin: 'https://evil.example' },
    'an old browser on a foreign page': { origin: 'https://evil.example' },
    'an old browser in a sandbox': { origin: 'null' },
    'no word of where it comes from': {},
  })) {
    test(name, async (t) => {
      const { approve } = await startTokens(t);
      const { status, to } = await approve({}, { cookie: 'session=session-ada', ...headers });
      assert.deepEqual([status, to], [403, null]);
    });
  }

  test('the page may not be framed, and runs no script', async (t) => {
    const { get, wish, asAda } = await startTokens(t);
    const page = await get(`/auth/oauth/authorize?${new URLSearchParams(wish)}`, asAda);
    const policy = page.headers.get('content-security-policy') ?? '';
    assert.match(policy, /frame-ancestors 'none'/);
    assert.match(policy, /default-src 'none'/);
    assert.doesNotMatch(policy, /script-src/);
    // Nothing of the request goes to another site; under no-referrer browsers would send our own form with an Origin of null.
    assert.equal(page.headers.get('referrer-policy'), 'same-origin');
    assert.equal(page.headers.get('cache-control'), 'no-store');
  });

  test('what the request holds is not written into the page as markup', async (t) => {
    const { get, wish, asAda } = await startTokens(t);
    const page = await get(`/auth/oauth/authorize?${new URLSearchParams({ ...wish, state: '"><script>alert(1)</script>' })}`, asAda);
    const text = await page.text();
    assert.equal(page.status, 200);
    assert.doesNotMatch(text, /<script/);
  });
});
