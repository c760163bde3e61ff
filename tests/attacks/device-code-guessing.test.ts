import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { ada, startTokens } from '../http/tokens/harness.ts';

const page = '/auth/oauth/device';
const begin = '/auth/oauth/device-authorization';
const guesses = Array.from('BCDFGHJKLMNPQRSTVWXZ', (letter) => `BBBB-BBB${letter}`);

suite('device codes cannot be guessed', () => {
  test('many guesses at once are no more guesses', async (t) => {
    const { post, asAda } = await startTokens(t);
    const all = await Promise.all(guesses.map((user_code) => post(page, { user_code, answer: 'look' }, asAda)));
    assert.equal(all.filter(({ status }) => status === 404).length, 5);
    assert.equal(all.filter(({ status }) => status === 429).length, guesses.length - 5);
  });

  test('another login of the same person gives no more guesses', async (t) => {
    const { post, asAda, live } = await startTokens(t);
    live.set('session-two', { ...ada, id: 'session-two' });
    live.set('session-bob', { ...ada, id: 'session-bob', person: { ...ada.person, id: 'okta:bob' } });
    const guess = (session: string) => post(page, { user_code: 'BBBB-BBBB', answer: 'look' }, { ...asAda, cookie: `session=${session}` });
    for (let tries = 0; tries < 5; tries++) assert.equal((await guess(ada.id)).status, 404);
    assert.equal((await guess('session-two')).status, 429);
    assert.equal((await guess('session-bob')).status, 404, 'nobody guesses away what another has');
  });

  test('right codes cost nothing', async (t) => {
    const { post, asAda } = await startTokens(t);
    const { json } = await post(begin, { client_id: 'regate-cli' });
    for (let looks = 0; looks < 8; looks++) {
      assert.equal((await post(page, { user_code: String(json['user_code']), answer: 'look' }, asAda)).status, 200);
    }
  });

  test('a code that is approved in another login than the one which the page was shown to', async (t) => {
    const { post, asAda, live, token } = await startTokens(t);
    live.set('session-bob', { ...ada, id: 'session-bob', person: { ...ada.person, id: 'okta:bob' } });
    const { json } = await post(begin, { client_id: 'regate-cli' });
    const code = String(json['user_code']);
    const looked = await post(page, { user_code: code, answer: 'look' }, asAda);
    const ticket = /name="ticket" value="([^"]+)"/.exec(looked.text)?.[1] ?? '';
    assert.ok(ticket);
    const asBob = { ...asAda, cookie: 'session=session-bob' };
    const form = {
      grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
      client_id: 'regate-cli',
      device_code: String(json['device_code']),
    };
    for (const [values, headers] of [
      [{ ticket }, asBob],
      [{ ticket: 'A'.repeat(ticket.length) }, asAda],
      [{}, asAda],
    ] as const) {
      assert.equal((await post(page, { user_code: code, answer: 'approve', ...values }, headers)).status, 403);
    }
    assert.equal((await token(form)).json['error'], 'authorization_pending');
  });

  test('nobody fills the store with codes that nobody wants', async (t) => {
    const { post, clock, records } = await startTokens(t);
    const all = await Promise.all(Array.from({ length: 40 }, () => post(begin, { client_id: 'regate-cli' })));
    assert.equal(all.filter(({ status }) => status === 200).length, 30);
    assert.ok(all.filter(({ status }) => status !== 200).every(({ status }) => status === 429));
    assert.ok(records.some(({ action, parameters }) => action === 'tokens.refuse' && parameters?.['asked'] === 'device-authorization'));
    clock.advance(60_000);
    assert.equal((await post(begin, { client_id: 'regate-cli' })).status, 200);
  });
});

suite('a code is approved for the login that the page was shown to', () => {
  test('the page to allow the command line, answered in another login', async (t) => {
    const { get, post, wish, asAda, live } = await startTokens(t);
    live.set('session-bob', { ...ada, id: 'session-bob', person: { ...ada.person, id: 'okta:bob' } });
    const show = async () => {
      const page = await (await get(`/auth/oauth/authorize?${new URLSearchParams(wish)}`, asAda)).text();
      return /name="ticket" value="([^"]+)"/.exec(page)?.[1] ?? '';
    };
    const answer = (more: object, headers: Record<string, string> = asAda) =>
      post('/auth/oauth/authorize', { ...wish, answer: 'yes', ...more }, headers);
    const ticket = await show();
    const refused = await answer({ ticket }, { ...asAda, cookie: 'session=session-bob' });
    assert.deepEqual([refused.status, refused.headers.get('location')], [403, null]);
    assert.equal((await answer({ ticket })).status, 403, 'a ticket that turned up in another login is over');
    assert.equal((await answer({})).status, 403);
    const fresh = await show();
    assert.equal((await answer({ ticket: fresh })).status, 303);
    assert.equal((await answer({ ticket: fresh })).status, 403, 'a click counts once');
  });
});
