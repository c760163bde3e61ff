import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { demoIssuer } from '../../gateway/demo/identities.ts';
import type { PolicyInput } from '../../gateway/vocabulary/policy-input.ts';
import type { DecidedRecord } from '../../gateway/vocabulary/record.ts';
import { readRecords } from '../http/admin/records.ts';
import { mint } from '../pipeline/authenticate/issuer.ts';
import { writeMmdb } from '../places/write-mmdb.ts';
import { type DemoGateway, startDemoGateway } from './gateway.ts';

/** The whole gateway with device tokens of the demo's issuer and a table in which this machine lies in Austria. */
const start = (t: TestContext) =>
  startDemoGateway(t, {
    change: async (file, directory) => {
      const country = join(directory, 'country.mmdb');
      await writeFile(country, writeMmdb([{ cidr: '127.0.0.0/8', value: { country: { iso_code: 'AT' } } }]));
      const device = { id: 'device.id', managed: 'device.managed', os: 'device.os' };
      const deviceToken = { header: 'x-device-token', issuer: 'demo', audience: 'demo-device', device };
      Object.assign(file, { context: { places: { country }, device_token: deviceToken } });
    },
  });

async function deviceToken(directory: string, more: object = {}): Promise<string> {
  const key = createPrivateKey(await readFile(join(directory, 'dev/issuer-key.pem')));
  const iat = Math.floor(Date.now() / 1000);
  const claims = { iss: demoIssuer, aud: 'demo-device', sub: 'ada', jti: 'device-1', iat, exp: iat + 300 };
  return mint(
    { ...claims, device: { id: 'laptop-ada', managed: true, os: 'macOS' }, ...more },
    { alg: 'ES256', kid: 'demo', typ: 'device+jwt' },
    key,
  );
}

async function ask({ gateway, demo }: DemoGateway, base: string, path: string, caller: string, headers: object, body?: object) {
  const ca = await readFile(gateway.caPath ?? '');
  const authorization = `Bearer ${demo.tokens[caller]}`;
  return new Promise<{ status: number; headers: NodeJS.Dict<string | string[]>; text: string }>((resolve, reject) => {
    const method = body === undefined ? 'GET' : 'POST';
    const all = { authorization, 'content-type': 'application/json', ...headers };
    const call = request(`${base}${path}`, { method, ca, headers: all, agent: false }, async (answer) => {
      let text = '';
      for await (const chunk of answer) text += String(chunk);
      resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text });
    });
    call.on('error', reject);
    call.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

/** Everything below the directory of decisions, and the decision records in it. */
function readDecisions(directory: string): {
  readonly text: string;
  readonly records: readonly (DecidedRecord & { readonly input: PolicyInput })[];
} {
  const place = join(directory, 'decisions');
  const names = readdirSync(place).filter((name) => name.endsWith('.ndjson'));
  const text = names.map((name) => readFileSync(join(place, name), 'utf8')).join('');
  const lines = text.split('\n').filter((line) => line.includes('"kind":"decided"'));
  return { text, records: lines.map((line) => JSON.parse(line) as DecidedRecord & { readonly input: PolicyInput }) };
}

const chat = { model: 'gpt-5-mini', messages: [{ role: 'user', content: 'Hello' }] };

test('a device token is weighed and recorded as a link, and its text goes neither upstream nor into the record', async (t) => {
  const started = await start(t);
  const token = await deviceToken(started.directory);
  const answer = await ask(started, started.gateway.url, '/v1/chat/completions', 'engineer', { 'x-device-token': token }, chat);
  assert.equal(answer.status, 200, answer.text);
  const { text, records } = readDecisions(started.directory);
  const link = records.at(-1)?.input.identity.chain.find((each) => each.kind === 'token' && each.method === 'device-token');
  assert.equal(link?.id, 'device-1');
  assert.equal(records.at(-1)?.input.context.device?.evidence, 'attested');
  const [seen] = started.demo.upstream.requests.slice(-1);
  assert.ok(seen !== undefined);
  const [, , signature = token] = token.split('.');
  assert.ok(!JSON.stringify(seen.rawHeaders).includes(signature) && !('x-device-token' in seen.headers));
  assert.ok(!text.includes(signature));
});

test('one that does not hold is refused at every door, and its text is in no record', async (t) => {
  const started = await start(t);
  const { gateway, directory, demo } = started;
  const before = demo.upstream.requests.length;
  const foreign = await deviceToken(directory, { sub: 'carl' });
  const both = (token: string) => [
    ask(started, gateway.url, '/v1/chat/completions', 'engineer', { 'x-device-token': token }, chat),
    ask(started, gateway.adminUrl ?? '', '/v1/whoami', 'engineer', { 'x-device-token': token }),
  ];
  for (const [token, code] of [
    [foreign, 'identity.contradictory'],
    [`${foreign}x`, 'credential.device-token-invalid'],
  ] as const) {
    for (const answer of await Promise.all(both(token))) {
      assert.equal(answer.status, 401);
      assert.ok(answer.text.includes(code), answer.text);
    }
  }
  assert.equal(demo.upstream.requests.length, before);
  assert.ok(!readDecisions(directory).text.includes(foreign.split('.')[2] ?? foreign));
});

test('the policy is told the same of an administrative action as of a model call: the country by the operator’s table, and the device', async (t) => {
  const started = await start(t);
  const { gateway, directory } = started;
  const device = { 'x-device-token': await deviceToken(directory, { sub: 'olga', device: { id: 'laptop-olga', managed: true } }) };
  const answer = await ask(started, gateway.adminUrl ?? '', '/v1/policy', 'administrator', device);
  assert.equal(answer.status, 200, answer.text);
  const record = readRecords(directory).find(({ decision_id: id }) => id === answer.headers['x-regate-decision-id']);
  assert.equal(record?.context?.location?.country, 'AT');
  assert.equal(record.context.location.country_source, 'mmdb');
  assert.deepEqual(record.context.device, { id: 'laptop-olga', managed: true, os: 'Linux', evidence: 'attested' });
  await ask(started, gateway.url, '/v1/chat/completions', 'engineer', {}, chat);
  assert.equal(readDecisions(directory).records.at(-1)?.input.context.location?.country, 'AT');
});
