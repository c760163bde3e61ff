import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { after, suite, test } from 'node:test';
import { connect, type TLSSocket } from 'node:tls';
import { hour } from '../certificates/authority.ts';
import { batch, chainOf, openCertifiedWorld } from '../certificates/world.ts';
import { isDecided } from '../story/read-log.ts';
import { storyTime } from '../story/scene.ts';
import { until } from '../story/until.ts';

const world = await openCertifiedWorld();
after(() => world.close());
const names = (id: string) => [{ type: 'url', value: id }] as const;
const workload = await world.mesh.issue({ names: names(batch) });
const other = await world.mesh.issue({ names: names('spiffe://example.org/ns/prod/sa/other') });
const laptop = await world.mdm.issue({ subject: 'CN=LAPTOP-1' });
const thumbprint = (der: Buffer) => createHash('sha256').update(der).digest('base64url');

suite('a certificate as the credential', () => {
  test('a workload calls with its certificate alone', async () => {
    const outcome = await world.ask({ client: workload });
    assert.equal(outcome.status, 200);
    assert.deepEqual(chainOf(outcome), [`service mesh:${batch}`, 'token mesh spiffe']);
    const [principal, token] = outcome.record.identity?.chain ?? [];
    assert.deepEqual(principal, { kind: 'service', id: `mesh:${batch}`, issuer: 'mesh', method: 'spiffe', roles: ['batch'] });
    assert.deepEqual(token, {
      kind: 'token',
      id: thumbprint(workload.der),
      issuer: 'mesh',
      method: 'spiffe',
      evidence: 'peer',
      scopes: [],
      issued_at: new Date(storyTime - hour).toISOString(),
      expires_at: new Date(storyTime + hour).toISOString(),
    });
  });
  test('below an intermediate that comes with it', async () => {
    const intermediate = await world.mesh.delegate();
    const leaf = await intermediate.issue({ names: names(batch) });
    const outcome = await world.ask({ client: { cert: leaf.cert + intermediate.cert, key: leaf.key } });
    assert.equal(outcome.status, 200);
  });
  test('nothing at all', async () => assert.equal((await world.ask({})).code, 'credential.missing'));
  test('the certificate of a device is nobody', async () => assert.equal((await world.ask({ client: laptop })).code, 'credential.missing'));
  test('an expired one', async () => {
    const client = await world.mesh.issue({ names: names(batch), notAfter: storyTime - 1000 });
    assert.equal((await world.ask({ client })).code, 'certificate.expired');
  });
  test('one that does not hold is not left aside for a token that does', async () => {
    const client = await world.mesh.issue({ names: names('spiffe://example.org.evil/a') });
    assert.equal((await world.ask({ client, caller: 'engineer' })).code, 'certificate.invalid');
  });
  test('one that holds does not make good a token that does not', async () => {
    assert.equal((await world.ask({ client: workload, headers: { authorization: 'Bearer x.y.z' } })).code, 'credential.invalid');
  });
});

suite('several proofs at once', () => {
  test('a workload with a person’s token acts for the person', async () => {
    const outcome = await world.ask({ client: workload, caller: 'engineer' });
    assert.equal(outcome.status, 200);
    assert.deepEqual(chainOf(outcome), ['person demo:ada', `service mesh:${batch}`, 'token demo jwt', 'token mesh spiffe']);
  });
  test('the token of a workload and the certificate of another one', async () => {
    assert.equal((await world.ask({ client: other, caller: 'service' })).code, 'identity.contradictory');
  });
  test('the token of a workload and the certificate of the same one, by the configuration’s word', async () => {
    const outcome = await world.ask({ client: workload, caller: 'service' });
    assert.deepEqual(chainOf(outcome), ['service demo:build-bot', 'token demo jwt', 'token mesh spiffe']);
  });
  test('a delegated token whose actor is another workload', async () => {
    assert.equal((await world.ask({ client: other, caller: 'service-for-engineer' })).code, 'identity.contradictory');
  });
  test('a delegated token whose first actor, not the current one, has the certificate', async () => {
    assert.equal((await world.ask({ client: workload, caller: 'agent-for-service' })).code, 'identity.contradictory');
  });
  test('a key and the certificate of its holder', async () => {
    const outcome = await world.ask({ client: workload, key: 'nightly-job' });
    assert.deepEqual(chainOf(outcome), ['service keys:nightly-job', 'token keys virtual-key', 'token mesh spiffe']);
  });
  test('a key and the certificate of somebody else', async () => {
    assert.equal((await world.ask({ client: other, key: 'nightly-job' })).code, 'identity.contradictory');
    assert.equal((await world.ask({ client: workload, key: 'embed-job' })).code, 'identity.contradictory');
  });
  test('a device certificate attests the device, over what the token says of one', async () => {
    const outcome = await world.ask({ client: laptop, caller: 'engineer' });
    assert.equal(outcome.status, 200);
    assert.deepEqual(chainOf(outcome), ['person demo:ada', 'token demo jwt', 'token mdm mtls']);
    const { context } = outcome.record.input as { context: { device: unknown } };
    assert.deepEqual(context.device, { id: 'LAPTOP-1', managed: true, os: 'macOS', evidence: 'attested' });
  });
});

suite('tokens bound to a certificate (RFC 8705)', () => {
  const bound = { cnf: { 'x5t#S256': thumbprint(workload.der) } };
  test('with their certificate they are accepted', async () => {
    const outcome = await world.ask({ client: workload, caller: 'agent', claims: bound });
    assert.equal(outcome.status, 200);
    assert.deepEqual(chainOf(outcome), ['agent demo:triage-agent', 'token demo jwt', 'token mesh spiffe']);
  });
  test('without it', async () =>
    assert.equal((await world.ask({ caller: 'agent', claims: bound })).code, 'credential.certificate-missing'));
  test('with another one', async () => {
    assert.equal((await world.ask({ client: other, caller: 'agent', claims: bound })).code, 'credential.certificate-mismatch');
  });
  test('with another one of the same name', async () => {
    const renewed = await world.mesh.issue({ names: names(batch) });
    assert.equal((await world.ask({ client: renewed, caller: 'agent', claims: bound })).code, 'credential.certificate-mismatch');
  });
  test('bound to a key, too, which nobody proves to hold', async () => {
    const claims = { cnf: { ...bound.cnf, jkt: '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I' } };
    assert.equal((await world.ask({ client: workload, caller: 'agent', claims })).code, 'credential.proof-missing');
  });
  for (const cnf of [{}, null, 'x5t#S256', [], { 'x5t#S256': '' }, { 'x5t#S256': 7 }, { 'x5t#s256': thumbprint(workload.der) }]) {
    test(`with a binding that says nothing: ${JSON.stringify(cnf)}`, async () => {
      assert.equal((await world.ask({ client: workload, caller: 'agent', claims: { cnf } })).code, 'credential.invalid');
    });
  }
  test('taken from the cache, on a connection without the certificate', async () => {
    const claims = { ...bound, jti: 'cached' };
    assert.equal((await world.ask({ client: workload, caller: 'agent', claims })).status, 200);
    assert.equal((await world.ask({ caller: 'agent', claims })).code, 'credential.certificate-missing');
  });
});

/* A resumed session keeps what the first handshake proved: a weakness of many servers (CVE-2025-23419 among others). */
suite('sessions of TLS', () => {
  const open = (options: object) => connect({ host: '127.0.0.1', servername: 'localhost', port: world.port, ca: world.ca, ...options });
  /** The first link of the chain that a request on this connection has. */
  const callWith = async (socket: TLSSocket) => {
    let text = '';
    socket.setEncoding('utf8').on('data', (part: string) => {
      text += part;
    });
    socket.write('GET /v1/models HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n');
    await once(socket, 'close');
    const id = /x-regate-decision-id: (\S+)/i.exec(text)?.[1];
    const record = await until('record', () =>
      world
        .readLog()
        .entries.filter(isDecided)
        .find(({ decision_id: decision }) => decision === id),
    );
    return record.identity?.chain[0]?.id;
  };
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    test(`${version}: a session is not resumed, so nobody calls with another one’s certificate`, async () => {
      const limits = { minVersion: version, maxVersion: version };
      const first = open({ ...limits, cert: workload.cert, key: workload.key });
      let session: Buffer | undefined;
      first.on('session', (ticket) => {
        session = ticket;
      });
      await once(first, 'secureConnect');
      assert.equal(await callWith(first), `mesh:${batch}`);
      for (const [options, id] of [
        [{}, undefined],
        [{ cert: other.cert, key: other.key }, 'mesh:spiffe://example.org/ns/prod/sa/other'],
      ] as const) {
        const second = open({ ...limits, ...options, ...(session === undefined ? {} : { session }) });
        await once(second, 'secureConnect');
        assert.equal(second.isSessionReused(), false);
        assert.equal(await callWith(second), id);
      }
    });
  }
  test('a connection is not renegotiated to another certificate', async () => {
    const socket = open({ minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2', cert: workload.cert, key: workload.key });
    socket.on('error', () => undefined);
    await once(socket, 'secureConnect');
    const error = await new Promise<Error | null>((resolve) => {
      socket.renegotiate({ rejectUnauthorized: false }, (failure) => resolve(failure));
      socket.once('close', () => resolve(new Error('closed')));
    });
    assert.ok(error instanceof Error);
    socket.destroy();
  });
});
