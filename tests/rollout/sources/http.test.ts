import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it, type TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';
import { makeSource } from '../../../gateway/composition/bundle-sources.ts';
import { systemClock } from '../../../gateway/observe/clock.ts';
import type { Question, Source } from '../../../gateway/rollout/sources/source.ts';
import { ensureDevelopmentCertificate } from '../../../gateway/tls/development-ca.ts';
import type { HttpAccessConfiguration } from '../../../gateway/vocabulary/bundles.ts';
import { keepingLogger, packBundle, stubBytes } from '../../engine/harness.ts';
import { type Handler, makeBundleService, serve, type TestServer, type Tls } from './bundle-server.ts';
import { describeSource, failed } from './contract.ts';

const folder = mkdtempSync(join(tmpdir(), 'regate-http-source-'));
after(() => rmSync(folder, { recursive: true }));
const secret = 'a-very-secret-token';

interface Options extends Partial<HttpAccessConfiguration> {
  readonly longPollSeconds?: number;
  readonly path?: string;
}

function sourceOf(url: string, { longPollSeconds = 0, path = '/bundles/regate', ...access }: Options = {}): Source {
  const defaults: HttpAccessConfiguration = { otherHosts: [], deadlineSeconds: 5, maxBytes: 1 << 20, insecureHttp: true };
  return makeSource(
    { source: { kind: 'http', url: `${url}${path}`, longPollSeconds, access: { ...defaults, ...access } } },
    { environment: { TOKEN: secret }, clock: systemClock, logger: keepingLogger() },
  );
}

const ask = (source: Source, more: Partial<Question> = {}) => source.ask({ signal: new AbortController().signal, ...more });

async function open(t: TestContext, handler: Handler, tls?: Tls): Promise<TestServer> {
  const server = await serve(handler, tls);
  t.after(() => server.close());
  return server;
}
const give: Handler = (_seen, res) => void res.writeHead(200, { etag: '"x"' }).end(stubBytes);

for (const longPoll of [false, true]) {
  describeSource(longPoll ? 'a bundle server that holds its answers back' : 'a bundle server', async () => {
    const service = makeBundleService({ longPoll });
    const server = await serve(service.handler);
    return {
      source: sourceOf(server.url, {
        longPollSeconds: longPoll ? 30 : 0,
        authorization: { scheme: 'bearer', token: { source: 'environment', name: 'TOKEN' } },
      }),
      publish: async (files) => service.publish(await packBundle(Object.entries(files).map(([name, content]) => ({ name, content })))),
      withdraw: async () => service.publish(undefined),
      secrets: [secret],
      close: () => server.close(),
    };
  });
}

describe('a bundle server that misbehaves', () => {
  const html = '<!doctype html><title>Please log in</title>';
  const bad: readonly [string, Handler, Parameters<typeof failed>[0], RegExp][] = [
    ['answers 500', (_s, res) => void res.writeHead(500).end('broken'), ['answer'], /answered 500/],
    ['refuses the credential', (_s, res) => void res.writeHead(403).end(), ['answer'], /does not let the gateway in \(403\)/],
    [
      'answers with a page of HTML',
      (_s, res) => void res.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(html),
      ['answer'],
      /something that is not a bundle \(text\/html\)/,
    ],
    ['answers with nothing', (_s, res) => void res.writeHead(200).end(), ['answer'], /answered with nothing/],
    ['answers 304 to a first request', (_s, res) => void res.writeHead(304).end(), ['answer'], /answered 304/],
    [
      'breaks off',
      (_s, res) => {
        res.writeHead(200, { 'content-length': stubBytes.length });
        res.write(stubBytes.subarray(0, 1000), () => res.destroy());
      },
      ['answer'],
      /broke off before it was whole/,
    ],
    [
      'breaks off an answer in chunks',
      (_s, res) => {
        res.writeHead(200);
        res.write(stubBytes.subarray(0, 1000), () => res.destroy());
      },
      ['answer'],
      /broke off before it was whole/,
    ],
    [
      'announces more than may come',
      (_s, res) => void res.writeHead(200, { 'content-length': 1 << 30 }).write('x'),
      ['too-large'],
      /larger than 1048576 bytes/,
    ],
    [
      'sends without end',
      (_s, res) => {
        res.writeHead(200);
        const more = () => {
          while (!res.destroyed && res.write(Buffer.alloc(65_536)));
        };
        res.on('drain', more);
        more();
      },
      ['too-large'],
      /larger than/,
    ],
    [
      'answers in an encoding that was not asked for',
      (_s, res) => void res.writeHead(200, { 'content-encoding': 'br' }).end(stubBytes),
      ['answer'],
      /encoding that was not asked for/,
    ],
    [
      'redirects to another host',
      (_s, res) => void res.writeHead(302, { location: 'http://127.0.0.2:9/bundle' }).end(),
      ['answer'],
      /redirects to http:\/\/127\.0\.0\.2:9, which is not allowed/,
    ],
    [
      'redirects in circles',
      ({ path }, res) => void res.writeHead(302, { location: path }).end(),
      ['answer'],
      /redirects more than 3 times/,
    ],
  ];
  for (const [what, handler, kinds, says] of bad) {
    it(`and ${what} is a failure of a known kind`, async (t) => {
      const { url } = await open(t, handler);
      await assert.rejects(ask(sourceOf(url)), failed(kinds, {}, says));
    });
  }

  it('and does not answer, or stops in the middle, is given up at the deadline', async (t) => {
    const hangs: readonly Handler[] = [() => undefined, (_s, res) => void res.writeHead(200).write(stubBytes.subarray(0, 100))];
    for (const handler of hangs) {
      const { url } = await open(t, handler);
      await assert.rejects(ask(sourceOf(url, { deadlineSeconds: 0.2 })), failed(['timeout'], {}, /did not answer within 0\.2 seconds/));
    }
  });

  it('and speaks something else than HTTP is told apart', async (t) => {
    const server = createServer((socket: Socket) => void socket.end('220 mail.example ESMTP\r\n'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    t.after(() => server.close());
    const { port } = server.address() as { port: number };
    await assert.rejects(ask(sourceOf(`http://127.0.0.1:${port}`)), failed(['answer'], {}, /not HTTP/));
  });

  it('and is not there is unreachable', async () => {
    await assert.rejects(
      ask(sourceOf('http://127.0.0.1:1')),
      failed(['unreachable'], {}, /127\.0\.0\.1:1 cannot be reached \(ECONNREFUSED\)/),
    );
  });
});

describe('an answer of a bundle server', () => {
  const encodings: readonly [string, Buffer, string | undefined][] = [
    ['as it is', stubBytes, undefined],
    ['compressed once more', gzipSync(stubBytes), 'gzip'],
    ['marked as compressed because of its name', stubBytes, 'x-gzip'],
  ];
  for (const [what, body, encoding] of encodings) {
    it(`${what} gives the bundle`, async (t) => {
      const { url } = await open(
        t,
        (_s, res) => void res.writeHead(200, encoding === undefined ? {} : { 'content-encoding': encoding }).end(body),
      );
      assert.deepEqual((await ask(sourceOf(url))).received?.bytes, stubBytes);
    });
  }

  it('without an ETag is known by its time', async (t) => {
    const modified = 'Tue, 03 Mar 2026 10:00:00 GMT';
    const { url } = await open(t, ({ headers }, res) => {
      if (headers['if-modified-since'] === modified) res.writeHead(304).end();
      else res.writeHead(200, { 'last-modified': modified }).end(stubBytes);
    });
    const source = sourceOf(url);
    const { received } = await ask(source);
    assert.deepEqual(await ask(source, { validator: received?.validator ?? '' }), { longPoll: false });
  });

  it('is fetched from another host where that is allowed, and the credential does not go along', async (t) => {
    const store = await open(t, give);
    const { url, seen } = await open(t, (_s, res) => void res.writeHead(307, { location: `${store.url}/object` }).end());
    const source = sourceOf(url, {
      otherHosts: [store.host],
      authorization: { scheme: 'bearer', token: { source: 'environment', name: 'TOKEN' } },
    });
    assert.deepEqual((await ask(source)).received?.bytes, stubBytes);
    assert.equal(seen[0]?.headers['authorization'], `Bearer ${secret}`);
    assert.equal(store.seen[0]?.headers['authorization'], undefined);
  });
});

describe('a bundle server that holds its answers back', () => {
  it('is asked to wait only once it is known to do so, and answers when there is news', async (t) => {
    const service = makeBundleService({ longPoll: true });
    const { url, seen } = await open(t, service.handler);
    service.publish(stubBytes);
    const source = sourceOf(url, { longPollSeconds: 60 });
    const { received, longPoll } = await ask(source);
    assert.equal(longPoll, true);
    const held = ask(source, { wait: true, validator: received?.validator ?? '' });
    while (service.waiting() === 0) await new Promise((resolve) => setImmediate(resolve));
    const news = gzipSync('news');
    service.publish(news);
    assert.deepEqual((await held).received?.bytes, news);
    assert.deepEqual(
      seen.map(({ headers }) => headers['prefer']),
      ['modes=snapshot', 'modes=snapshot;wait=60'],
    );
  });

  it('and only pretends to is polled like any other', async (t) => {
    const { url } = await open(t, ({ headers }, res) =>
      headers['if-none-match'] === undefined ? void give({} as never, res) : void res.writeHead(304).end(),
    );
    const source = sourceOf(url, { longPollSeconds: 60 });
    assert.equal((await ask(source)).longPoll, false);
    assert.equal((await ask(source, { wait: true, validator: 'etag "x"' })).longPoll, false);
  });

  it('and hangs is given up when both times are over', async (t) => {
    const { url } = await open(t, () => undefined);
    const source = sourceOf(url, { longPollSeconds: 1, deadlineSeconds: 0.1 });
    await assert.rejects(ask(source, { wait: true }), failed(['timeout'], {}, /within 1\.1 seconds/));
  });
});

describe('who asks', () => {
  const token = { source: 'environment', name: 'TOKEN' } as const;
  const schemes: readonly [NonNullable<HttpAccessConfiguration['authorization']>, string, string][] = [
    [{ scheme: 'bearer', token }, 'authorization', `Bearer ${secret}`],
    [{ scheme: 'basic', username: 'ada', password: token }, 'authorization', `Basic ${Buffer.from(`ada:${secret}`).toString('base64')}`],
    [{ scheme: 'header', name: 'private-token', value: token }, 'private-token', secret],
  ];
  for (const [authorization, header, value] of schemes) {
    it(`is shown as ${authorization.scheme}`, async (t) => {
      const { url, seen } = await open(t, give);
      await ask(sourceOf(url, { authorization }));
      assert.equal(seen[0]?.headers[header], value);
    });
  }

  it('cannot be shown without its secret, which is told without it', async (t) => {
    const { url, seen } = await open(t, give);
    const source = sourceOf(url, { authorization: { scheme: 'bearer', token: { source: 'environment', name: 'UNSET' } } });
    await assert.rejects(ask(source), failed(['unreachable'], {}, /the environment variable of the credential is not set/));
    assert.equal(seen.length, 0);
  });

  it('gets a token by client credentials, keeps it, and gets another when it is refused', async (t) => {
    let issued = 0;
    const tokens = await open(t, (_s, res) => {
      issued += 1;
      res.writeHead(200).end(JSON.stringify({ access_token: `t${issued}`, token_type: 'Bearer', expires_in: 3600 }));
    });
    let revoked = '';
    const { url, seen } = await open(t, (one, res) =>
      one.headers['authorization'] === revoked ? void res.writeHead(401).end() : void give(one, res),
    );
    const source = sourceOf(url, {
      authorization: {
        scheme: 'client-credentials',
        tokenUrl: `${tokens.url}/token`,
        clientId: 'regate:1',
        clientSecret: token,
        scopes: ['bundles'],
        audience: 'store',
      },
    });
    await ask(source);
    await ask(source);
    revoked = 'Bearer t1';
    await ask(source);
    assert.deepEqual(
      seen.map(({ headers }) => headers['authorization']),
      ['Bearer t1', 'Bearer t1', 'Bearer t1', 'Bearer t2'],
    );
    assert.equal(tokens.seen[0]?.body, 'grant_type=client_credentials&scope=bundles&audience=store');
    assert.equal(tokens.seen[0]?.headers['authorization'], `Basic ${Buffer.from(`regate%3A1:${secret}`).toString('base64')}`);
    revoked = 'Bearer t2';
    tokens.answerWith((_s, res) => void res.writeHead(400).end('{"error":"invalid_client"}'));
    await assert.rejects(ask(source), failed(['answer'], { secrets: [secret] }, /token service .* answered 400/));
  });
});

/** A certificate for localhost, of a root of its own. */
async function issue(name: string): Promise<{ readonly cert: string; readonly key: string; readonly ca: string; readonly caPath: string }> {
  const { certificate: cert, key, caPath } = await ensureDevelopmentCertificate({ directory: join(folder, name), clock: systemClock });
  return { cert, key, ca: readFileSync(caPath, 'utf8'), caPath };
}

describe('a bundle server over TLS', () => {
  it('must have a certificate for its own name, of a root that is trusted', async (t) => {
    const { cert, key, caPath } = await issue('tls');
    const other = await issue('other');
    const server = await open(t, give, { cert, key });
    assert.ok((await ask(sourceOf(server.url, { ca: caPath }))).received);
    await assert.rejects(ask(sourceOf(server.url)), failed(['unreachable'], {}, /certificate of localhost:\d+ is not accepted/));
    await assert.rejects(ask(sourceOf(server.url, { ca: other.caPath })), failed(['unreachable'], {}, /certificate of .* is not accepted/));
    const byAddress = server.url.replace('localhost', '127.0.0.2');
    await assert.rejects(ask(sourceOf(byAddress, { ca: caPath })), failed(['unreachable']));
  });

  it('that wants a certificate of the gateway is shown it', async (t) => {
    const { cert, key, ca, caPath } = await issue('tls');
    const server = await open(t, give, { cert, key, ca, requestCert: true });
    await ask(sourceOf(server.url, { ca: caPath }));
    writeFileSync(join(folder, 'client.pem'), cert);
    writeFileSync(join(folder, 'client.key'), key);
    const clientCertificate = { certificate: join(folder, 'client.pem'), key: join(folder, 'client.key') };
    await ask(sourceOf(server.url, { ca: caPath, clientCertificate }));
    assert.deepEqual(
      server.seen.map(({ client }) => client),
      [undefined, new X509Certificate(cert).fingerprint256],
    );
    await assert.rejects(
      ask(sourceOf(server.url, { ca: caPath, clientCertificate: { ...clientCertificate, key: join(folder, 'none') } })),
      failed(['unreachable'], {}, /none cannot be read \(ENOENT\)/),
    );
  });
});
