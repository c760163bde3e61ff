import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { Fault } from '../../gateway/demo/upstream/faults.ts';
import { type SeenRequest, start, type Upstream } from '../../gateway/demo/upstream/upstream.ts';
import { systemClock } from '../../gateway/observe/clock.ts';
import { formatKeyDocument } from '../../gateway/registry/key-document.ts';
import { ensureDevelopmentCertificate } from '../../gateway/tls/development-ca.ts';
import { jwks, pepper, storedKeys } from './callers.ts';
import { readLog, type WholeLog } from './read-log.ts';
import { describeConfiguration, type SettingName, settings, type UpstreamName } from './settings.ts';

/** A Tuesday, within office hours. */
export const storyTime = Date.parse('2026-03-03T10:00:00Z');

export const credentials = { upstream: 'sk-upstream-credential-of-the-stories', second: 'sk-second-credential-of-the-stories' } as const;

/** One of the upstreams. */
export interface Post {
  readonly name: UpstreamName;
  readonly upstream: Upstream;
  /** How it misbehaves from now on. */
  fault: Fault | undefined;
}

/** A request that an upstream saw. */
export interface SeenUpstream {
  readonly post: Post;
  readonly seen: SeenRequest;
  /** The client left before the answer was whole. */
  aborted: boolean;
}

/** All that a gateway needs around it: upstreams that run, and a folder with a configuration, keys and a certificate. */
export interface Scene {
  readonly directory: string;
  readonly configurationPath: string;
  readonly configurationText: string;
  readonly environment: Readonly<Record<string, string>>;
  /** PEM of the CA that the gateway's certificate is of. */
  readonly ca: string;
  readonly caPath: string;
  readonly posts: Readonly<Record<UpstreamName, Post>>;
  /** What all upstreams saw, in order. */
  readonly seen: readonly SeenUpstream[];
  /** All that stands in the decision log. */
  readLog(): WholeLog;
  close(): Promise<void>;
}

export interface SceneOptions {
  readonly setting?: SettingName;
  readonly bundle?: string;
  /** Changes the configuration before the gateway reads it. */
  readonly change?: (configuration: ReturnType<typeof describeConfiguration>) => unknown;
  /** Puts more files into the folder before the gateway starts. */
  readonly prepare?: (directory: string) => void;
  /** Milliseconds between two frames of a stream. */
  readonly paceMs?: number;
  /** Called with each request that reaches an upstream, before it is answered. */
  readonly onSeen?: (entry: SeenUpstream) => void;
}

/** Sets a scene, on free ports and in a folder of its own. */
export async function setScene({ setting = 'standard', bundle, change, prepare, paceMs = 0, onSeen }: SceneOptions = {}): Promise<Scene> {
  const directory = mkdtempSync(join(tmpdir(), 'regate-story-'));
  const keep = (name: string, content: string | Uint8Array) => writeFileSync(join(directory, name), content, { mode: 0o600 });
  keep('jwks.json', JSON.stringify(jwks));
  keep('pepper', pepper);
  keep('keys.json', formatKeyDocument(storedKeys));
  const { caPath } = await ensureDevelopmentCertificate({ directory: join(directory, 'tls'), clock: systemClock });
  const seen: SeenUpstream[] = [];
  const note = (entry: SeenUpstream): void => {
    seen.push(entry);
    onSeen?.(entry);
  };
  const posts = {
    primary: await openPost('primary', { credential: credentials.upstream, paceMs, seen, note }),
    second: await openPost('second', { credential: credentials.second, paceMs, seen, note }),
    claude: await openPost('claude', { credential: credentials.upstream, paceMs, seen, note }),
  };
  const addresses = {
    primary: posts.primary.upstream.url,
    second: posts.second.upstream.url,
    claude: posts.claude.upstream.url,
    nobody: `http://127.0.0.1:${await findClosedPort()}`,
  };
  const described = describeConfiguration(settings[setting], addresses, {
    certificate: join(directory, 'tls/localhost.pem'),
    key: join(directory, 'tls/localhost-key.pem'),
  });
  if (bundle !== undefined) described.policy.bundle = bundle;
  const configurationText = stringify(change?.(described) ?? described);
  keep('regate.yaml', configurationText);
  prepare?.(directory);

  return {
    directory,
    configurationPath: join(directory, 'regate.yaml'),
    configurationText,
    environment: { STORY_UPSTREAM: credentials.upstream, STORY_SECOND: credentials.second },
    ca: readFileSync(caPath, 'utf8'),
    caPath,
    posts,
    seen,
    readLog: () => readLog(join(directory, 'decisions')),
    async close() {
      await Promise.all(Object.values(posts).map(({ upstream }) => upstream.close()));
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

interface PostOptions {
  readonly credential: string;
  readonly paceMs: number;
  readonly seen: readonly SeenUpstream[];
  readonly note: (entry: SeenUpstream) => void;
}

async function openPost(name: UpstreamName, { credential, paceMs, seen: all, note }: PostOptions): Promise<Post> {
  const post: Post = {
    name,
    fault: undefined,
    upstream: await start({
      credential,
      paceMs,
      now: () => storyTime,
      observe: (seen) => note({ post, seen, aborted: false }),
      fault: () => post.fault,
      onAbort: (seen) => {
        const entry = all.find((each) => each.seen === seen);
        if (entry !== undefined) entry.aborted = true;
      },
    }),
  };
  return post;
}

/** A port of this machine where nobody listens: one that was free a moment ago. */
async function findClosedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
