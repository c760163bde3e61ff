import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { startTokens } from '../http/tokens/harness.ts';

const page = '/auth/oauth/device';

suite('device codes: nobody is connected by a link, a guess or a foreign page', () => {
  async function begin(t: Parameters<typeof startTokens>[0]) {
    const started = await startTokens(t);
    const { json } = await started.post('/auth/oauth/device-authorization', { client_id: 'regate-cli' });
    return { ...started, userCode: String(json['user_code']), deviceCode: String(json['device_code']) };
  }

  test('opening the link approves nothing, and who asks is shown', async (t) => {
    const { get, post, userCode, asAda } = await begin(t);
    const opened = await get(`${page}?user_code=${userCode}`, asAda);
    assert.equal(opened.status, 200);
    const looked = await post(page, { user_code: userCode, answer: 'look' }, asAda);
    assert.match(looked.text, /127\.0\.0\.1/);
    assert.match(looked.text, /Approve only if this is your own terminal/);
  });

  for (const [name, headers] of Object.entries({
    'a form on a foreign page': { 'sec-fetch-site': 'cross-site' },
    'a form on a sibling site': { 'sec-fetch-site': 'same-site' },
    'a foreign origin': { 'sec-fetch-site': '', origin: 'https://evil.example' },
    'a client that says nothing of itself': { 'sec-fetch-site': '' },
  })) {
    test(`cross-site approval by ${name}`, async (t) => {
      const { post, asAda, userCode, token, deviceCode } = await begin(t);
      const sent = Object.fromEntries(Object.entries({ ...asAda, ...headers }).filter(([, value]) => value !== ''));
      assert.equal((await post(page, { user_code: userCode, answer: 'approve' }, sent)).status, 403);
      const form = { grant_type: 'urn:ietf:params:oauth:grant-type:device_code', client_id: 'regate-cli', device_code: deviceCode };
      assert.equal((await token(form)).json['error'], 'authorization_pending');
    });
  }

  test('nobody who is not logged in approves', async (t) => {
    const { post, userCode } = await begin(t);
    assert.equal((await post(page, { user_code: userCode, answer: 'approve' }, { 'sec-fetch-site': 'same-origin' })).status, 401);
  });

  test('guessing: after five wrong codes there is a pause', async (t) => {
    const { post, asAda, userCode, clock } = await begin(t);
    for (let tries = 0; tries < 5; tries++)
      assert.equal((await post(page, { user_code: 'BBBB-BBBB', answer: 'approve' }, asAda)).status, 404);
    assert.equal((await post(page, { user_code: userCode, answer: 'approve' }, asAda)).status, 429);
    clock.advance(600_000);
    assert.equal((await post(page, { user_code: userCode, answer: 'approve' }, asAda)).status, 404, 'the code itself has expired by then');
  });

  test('an approved code cannot be approved again by somebody else, and a device code is another secret than the code on the screen', async (t) => {
    const { post, asAda, userCode, token, giveTicket } = await begin(t);
    await post(page, { user_code: userCode, answer: 'approve', ticket: await giveTicket() }, asAda);
    assert.equal((await post(page, { user_code: userCode, answer: 'approve', ticket: await giveTicket() }, asAda)).status, 404);
    const form = { grant_type: 'urn:ietf:params:oauth:grant-type:device_code', client_id: 'regate-cli', device_code: userCode };
    assert.equal((await token(form)).json['error'], 'expired_token');
  });

  test('what a code holds is not written into the page as markup', async (t) => {
    const { get, asAda } = await startTokens(t);
    const opened = await get(`${page}?user_code=${encodeURIComponent('"><script>alert(1)</script>')}`, asAda);
    assert.doesNotMatch(await opened.text(), /<script/);
  });
});
