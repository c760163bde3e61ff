import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { buildConfiguration } from '../../gateway/config/load.ts';
import type { Fault } from '../../gateway/demo/upstream/faults.ts';
import { type SeenRequest, start, type Upstream } from '../../gateway/demo/upstream/upstream.ts';
import type { FileSystemPort } from '../../gateway/ledger/file-system.ts';
import { type Gateway, startGateway } from '../../gateway/main.ts';
import { formatKeyDocument } from '../../gateway/pipeline/authenticate/key-document.ts';
import { ensureDevelopmentCertificate } from '../../gateway/tls/development-ca.ts';
import type { Clock } from '../../gateway/vocabulary/clock.ts';
import type { LogFields, Logger } from '../../gateway/vocabulary/logger.ts';
import type { DecisionLogEntry } from '../../gateway/vocabulary/record.ts';
import { jwks, pepper, storedKeys } from './callers.ts';
import { readLog } from './read-log.ts';
import { describeConfiguration, type SettingName, settings, type UpstreamName } from './settings.ts';

/** A Tuesday, within office hours. */
export const storyTime = Date.parse('2026-03-03T10:00:00Z');

export const credentials = { upstream: 'sk-upstream-credential-of-the-stories', second: 'sk-second-credential-of-the-stories' } as const;

/** A clock that stands still until it is set. Durations are real, since what they measure is. */
export interface SettableClock extends Clock {
  set(milliseconds: number): void;
}

export interface LoggedLine {
  readonly level: 'error' | 'warn' | 'info' | 'debug';
  readonly message: string;
  readonly fields: LogFields | undefined;
}

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

/** A gateway with upstreams behind it, in this process, on free ports, with a folder of its own. */
export interface World {
  readonly gateway: Gateway;
  readonly port: number;
  /** PEM of the CA that the gateway's certificate is of. */
  readonly ca: string;
  readonly caPath: string;
  readonly directory: string;
  readonly clock: SettableClock;
  readonly posts: Readonly<Record<UpstreamName, Post>>;
  /** What all upstreams saw, in order. */
  readonly seen: readonly SeenUpstream[];
  /** What the gateway said to its operators. */
  readonly lines: readonly LoggedLine[];
  /** All that stands in the decision log, as bytes and as entries. */
  readLog(): { readonly text: string; readonly entries: readonly DecisionLogEntry[] };
  close(): Promise<void>;
}

export interface WorldOptions {
  readonly setting?: SettingName;
  readonly bundle?: string;
  /** Changes the configuration before the gateway reads it. */
  readonly change?: (configuration: ReturnType<typeof describeConfiguration>) => unknown;
  /** Milliseconds between two frames of a stream. */
  readonly paceMs?: number;
  /** The disk of the decision log. */
  readonly files?: FileSystemPort;
}

/** Opens a world. */
export async function openWorld({ setting = 'standard', bundle, change, paceMs = 0, files }: WorldOptions = {}): Promise<World> {
  const directory = mkdtempSync(join(tmpdir(), 'regate-story-'));
  const keep = (name: string, content: string | Uint8Array) => writeFileSync(join(directory, name), content, { mode: 0o600 });
  keep('jwks.json', JSON.stringify(jwks));
  keep('pepper', pepper);
  keep('keys.json', formatKeyDocument(storedKeys));
  const tls = await ensureDevelopmentCertificate({
    directory: join(directory, 'tls'),
    clock: { now: Date.now, monotonic: () => performance.now() },
  });
  const seen: SeenUpstream[] = [];
  const posts = {
    primary: await openPost('primary', { credential: credentials.upstream, paceMs, seen }),
    second: await openPost('second', { credential: credentials.second, paceMs, seen }),
    claude: await openPost('claude', { credential: credentials.upstream, paceMs, seen }),
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
  const environment = { STORY_UPSTREAM: credentials.upstream, STORY_SECOND: credentials.second };
  const text = stringify(change?.(described) ?? described);
  keep('regate.yaml', text);
  const configuration = buildConfiguration(join(directory, 'regate.yaml'), text, { environment });
  const clock = makeSettableClock();
  const lines: LoggedLine[] = [];
  const gateway = await startGateway(configuration, {
    logger: keepLines(lines),
    environment,
    clock,
    ...(files === undefined ? {} : { files }),
  });

  return {
    gateway,
    port: Number(new URL(gateway.url).port),
    ca: readFileSync(tls.caPath, 'utf8'),
    caPath: tls.caPath,
    directory,
    clock,
    posts,
    seen,
    lines,
    readLog: () => readLog(configuration.record.directory),
    async close() {
      await gateway.stop();
      await Promise.all(Object.values(posts).map(({ upstream }) => upstream.close()));
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function openPost(
  name: UpstreamName,
  { credential, paceMs, seen: all }: { readonly credential: string; readonly paceMs: number; readonly seen: SeenUpstream[] },
): Promise<Post> {
  const post: Post = {
    name,
    fault: undefined,
    upstream: await start({
      credential,
      paceMs,
      now: () => storyTime,
      observe: (seen) => all.push({ post, seen, aborted: false }),
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

function makeSettableClock(): SettableClock {
  let now = storyTime;
  return {
    now: () => now,
    monotonic: () => performance.now(),
    set: (milliseconds) => {
      now = milliseconds;
    },
  };
}

function keepLines(lines: LoggedLine[]): Logger {
  const keep = (level: LoggedLine['level']) => (message: string, fields?: LogFields) => void lines.push({ level, message, fields });
  return { error: keep('error'), warn: keep('warn'), info: keep('info'), debug: keep('debug') };
}
