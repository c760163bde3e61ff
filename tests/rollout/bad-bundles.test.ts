import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { packBundle as packSigned } from '../../gateway/bundle/pack-bundle.ts';
import { type SigningClaims, signBundle } from '../../gateway/bundle/sign-bundle.ts';
import { unpackBundle } from '../../gateway/bundle/unpack-bundle.ts';
import { makePolicy } from '../../gateway/composition/policy.ts';
import type { RolloutEvent } from '../../gateway/rollout/rollout-port.ts';
import type { BundleFailureKind } from '../../gateway/vocabulary/bundles.ts';
import { keyOf, makePair, now, pairFor } from '../bundle/workbench.ts';
import { keepingLogger, packBundle, stubEntries } from '../engine/harness.ts';
import { sampleCatalogue } from '../engine/sample-catalogue.ts';
import { answer, data, rules } from './harness.ts';
import { type Handler, serve, type TestServer } from './sources/bundle-server.ts';

const pair = pairFor('ES256');
const folder = mkdtempSync(join(tmpdir(), 'regate-bad-bundles-'));

/** Signs with a version that is a little newer than whatever was signed before, unless told otherwise. */
let versions = 10;
async function sign(bytes: Uint8Array, changes: Partial<SigningClaims> = {}, key = pair): Promise<Buffer> {
  versions += 1;
  const claims: SigningClaims = { keyId: 'release', scope: '', version: versions, issuedAt: now / 1000, ...changes };
  return packSigned(signBundle(await unpackBundle(bytes), { algorithm: key.algorithm, key: keyOf(key) }, claims));
}

const serveBytes =
  (bytes: Uint8Array): Handler =>
  (_seen, res) =>
    void res.writeHead(200, { 'content-length': bytes.length }).end(bytes);

async function altered(change: (files: Map<string, Uint8Array>) => unknown): Promise<Buffer> {
  const files = new Map(await unpackBundle(await sign(await data('w9', { greeting: 'changed' }))));
  change(files);
  return packSigned(files);
}

const withEntry = async (...more: Parameters<typeof packBundle>[0]) => packBundle([...(await stubEntries()), ...more]);

/** What the source of one of two bundles does; what it is to be called; what operators read. */
const bad: readonly [string, () => Promise<Handler>, BundleFailureKind, RegExp][] = [
  [
    'is cut off on the way',
    async () => (_s, res) => void res.writeHead(200, { 'content-length': 5000 }).write('x', () => res.destroy()),
    'answer',
    /broke off/,
  ],
  [
    'is cut off at the source',
    async () => serveBytes((await sign(await data('w', { greeting: 'x' }))).subarray(0, 200)),
    'admission',
    /not a whole gzip file/,
  ],
  ['is answered with 500', async () => (_s, res) => void res.writeHead(500).end(), 'answer', /answered 500/],
  ['is not answered', async () => () => undefined, 'timeout', /did not answer within 0\.3 seconds/],
  [
    'is a page of HTML',
    async () => (_s, res) => void res.writeHead(200, { 'content-type': 'text/html' }).end('<html>'),
    'answer',
    /not a bundle \(text\/html\)/,
  ],
  ['inflates to a thousand times its size', async () => serveBytes(gzipSync(Buffer.alloc(1 << 28))), 'admission', /inflates to more than/],
  [
    'has a path that climbs out',
    async () => serveBytes(await withEntry({ name: '/../../etc/cron.d/x' })),
    'admission',
    /not a plain relative path/,
  ],
  ['has an absolute path', async () => serveBytes(await withEntry({ name: '//etc/passwd' })), 'admission', /not a plain relative path/],
  [
    'has a symbolic link',
    async () => serveBytes(await withEntry({ name: '/x', header: { type: 'symlink', linkname: '/etc/passwd' } })),
    'admission',
    /symlink/,
  ],
  ['is not signed', async () => serveBytes(await data('w', { greeting: 'x' })), 'signature', /holds no \.signatures\.json/],
  [
    'is signed with another key',
    async () => serveBytes(await sign(await data('w', { greeting: 'x' }), {}, makePair('ES256'))),
    'signature',
    /not made with key release/,
  ],
  [
    'has expired',
    async () => serveBytes(await sign(await data('w', { greeting: 'x' }), { expiresAt: now / 1000 - 1 })),
    'signature',
    /expired/,
  ],
  [
    'is older than one that has been in force',
    async () => serveBytes(await sign(await data('w', { greeting: 'x' }), { version: 1 })),
    'signature',
    /its version is 1/,
  ],
  [
    'has a file more',
    async () => serveBytes(await altered((files) => files.set('more.rego', Buffer.from('package more')))),
    'signature',
    /more\.rego/,
  ],
  ['has a file less', async () => serveBytes(await altered((files) => files.delete('data.json'))), 'signature', /data\.json/],
  [
    'has another file',
    async () => serveBytes(await altered((files) => files.set('data.json', Buffer.from('{}')))),
    'signature',
    /data\.json: its content is not what was signed/,
  ],
  ['claims what is another’s', async () => serveBytes(await sign(await data('w', { roles: {} }, ['roles']))), 'roots', /overlap/],
];

describe('of two bundles one', () => {
  let servers: readonly [TestServer, TestServer];
  let policy: ReturnType<typeof makePolicy>;
  const logger = keepingLogger();
  const events: RolloutEvent[] = [];

  before(async () => {
    writeFileSync(join(folder, 'key.pem'), pair.verifying);
    servers = [
      await serve(serveBytes(await sign(await rules('r1')))),
      await serve(serveBytes(await sign(await data('w1', { greeting: 'hello' })))),
    ];
    const access = { otherHosts: [], deadlineSeconds: 0.3, maxBytes: 4 << 20, insecureHttp: true };
    policy = makePolicy({
      policy: {
        bundles: ['rules', 'words'].map((name, index) => ({
          name,
          source: { kind: 'http', url: `${servers[index]?.url}/${name}`, longPollSeconds: 0, access },
          poll: { minSeconds: 60, maxSeconds: 60 },
        })),
        maxMemoryBytes: 64 << 20,
        maxEvaluationMs: 50,
        verification: {
          keys: [{ id: 'release', algorithm: 'ES256', path: join(folder, 'key.pem') }],
          scope: '',
          allowDowngrade: false,
          versionsFile: join(folder, 'versions.json'),
        },
        store: { directory: join(folder, 'kept'), keep: 3 },
      },
      catalogue: sampleCatalogue,
      clock: { now: () => now, monotonic: () => 5 },
      logger,
      note: (event) => events.push(event),
    });
    await policy.start();
    assert.equal(policy.current()?.stamp.revision, 'r1');
  });
  after(async () => {
    policy.stop();
    for (const server of servers) await server.close();
    rmSync(folder, { recursive: true });
  });

  for (const [what, make, kind, says] of bad) {
    it(`${what}: nothing changes, and the reason is on the status, in the log and on record`, async () => {
      const active = policy.current();
      const lines = logger.lines.length;
      const noted = events.length;
      servers[1].answerWith(await make());
      await policy.refresh();
      await policy.refresh();
      assert.equal(policy.current(), active);
      assert.equal((active?.evaluate(answer, { request: { path: '/test/data' } }) as { greeting: string } | undefined)?.greeting, 'hello');
      const { words } = policy.status().bundles;
      assert.deepEqual([words?.code, words?.kind, words?.active_revision], ['bundle_error', kind, 'w1']);
      assert.match(words?.message ?? '', says);
      const told = logger.lines.slice(lines).filter(({ level, fields }) => level === 'error' && fields['bundle'] === 'words');
      assert.equal(told.length, 1, 'it is told once');
      assert.match(String(told[0]?.fields['message']), says);
      // A source that brings nothing has not brought anything to refuse.
      const content = kind === 'admission' || kind === 'signature' || kind === 'roots';
      assert.deepEqual(
        events.slice(noted).map(({ action, stamp }) => [action, stamp?.revision]),
        content ? [['bundles.reject', 'r1']] : [],
      );
      servers[1].answerWith(undefined);
      await policy.refresh();
      assert.deepEqual([policy.current(), policy.status().bundles['words']?.message], [active, undefined]);
    });
  }
});
