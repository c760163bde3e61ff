import { randomUUID } from 'node:crypto';
import type { Fault } from '../../gateway/demo/upstream/faults.ts';
import type { DecidedRecord, DeliveredRecord } from '../../gateway/vocabulary/record.ts';
import { callers, mintToken, virtualKeys } from './callers.ts';
import { isDecided, isDelivered } from './read-log.ts';
import { type SeenUpstream, storyTime } from './scene.ts';
import { type Answered, send, sendBytes } from './send.ts';
import type { UpstreamName } from './settings.ts';
import type { OrdinaryRequest, Story } from './story.ts';
import { until } from './until.ts';
import type { World } from './world.ts';

/** All that came of a story. */
export interface Told {
  readonly answered: Answered;
  readonly upstream: readonly SeenUpstream[];
  readonly decided: readonly DecidedRecord[];
  readonly delivered: readonly DeliveredRecord[];
  /** The lines of the log that came with it, as text. */
  readonly recorded: string;
  /** The credential that the caller presented. */
  readonly credential: string | undefined;
}

/** On every request, as the SDKs and browsers send them: none of it may go further. */
export const everyday = {
  'user-agent': 'OpenAI/JS 7.57.0',
  'x-stainless-lang': 'js',
  cookie: 'session=cookie-of-the-story',
  'x-custom': 'custom-of-the-story',
  accept: 'application/json',
} as const;

/** A prompt that stands in every story: it may be upstream, and nowhere else. */
export const prompt = 'zebras-in-the-prompt';

/** Lets a story happen in a world, and waits until all that it wants on the record is there. */
export async function tellStory(world: World, { given, want }: Story): Promise<Told> {
  const now = given.time === undefined ? storyTime : Date.parse(given.time);
  world.clock.set(now);
  const credential = present(given, now);
  for (const name of Object.keys(world.posts) as UpstreamName[]) world.posts[name].fault = faultOf(given.upstream?.[name]);
  const before = { log: world.readLog(), seen: world.seen.length };

  const answered = await ask(world, given, credential);

  const since = () => {
    const { entries, text } = world.readLog();
    const added = entries.slice(before.log.entries.length);
    return { decided: added.filter(isDecided), delivered: added.filter(isDelivered), recorded: text.slice(before.log.text.length) };
  };
  const { decided, delivered, recorded } = await until(
    `record of ${want.record.length} decisions and ${want.delivered.length} deliveries: ${JSON.stringify(since(), undefined, 1)}`,
    () => {
      const found = since();
      return found.decided.length >= want.record.length && found.delivered.length >= want.delivered.length && found;
    },
    3000,
  );
  const upstream = world.seen.slice(before.seen);
  return { answered, upstream, decided, delivered, recorded, credential };
}

function faultOf(fault: NonNullable<Story['given']['upstream']>[UpstreamName] | undefined): Fault | undefined {
  if (fault?.kind === 'redirect') return { kind: 'status', status: 307, headers: { location: 'http://127.0.0.1:9/elsewhere' } };
  return fault as Fault | undefined;
}

function present({ caller, claims, algorithm, flaw, key, credential }: Story['given'], now: number): string | undefined {
  if (credential !== undefined) return credential;
  if (key !== undefined) return virtualKeys.get(key);
  if (caller === 'nobody') return undefined;
  const whole = { ...callers[caller ?? 'engineer'], ...claims };
  return mintToken(whole, {
    now,
    id: randomUUID(),
    ...(algorithm === undefined ? {} : { algorithm }),
    ...(flaw === undefined ? {} : { flaw }),
  });
}

function ask(world: World, given: Story['given'], credential: string | undefined): Promise<Answered> {
  const place = { port: world.port, ca: world.ca };
  const { request } = given;
  if ('bytes' in request) {
    const bytes = request.bytes.replaceAll('{{credential}}', credential ?? '');
    return sendBytes(place, { bytes, ...(request.cut && { cut: true }) });
  }
  const [method = '', path = ''] = request.to.split(' ');
  const body = bodyOf(request);
  const headers = {
    ...everyday,
    ...credentialHeader(given, request, credential),
    ...(dialectOf(request) === 'anthropic' ? { 'anthropic-version': '2023-06-01' } : {}),
    ...(body === undefined ? {} : { 'content-type': 'application/json', ...lengthOf(body, request) }),
    ...request.headers,
  };
  return send(place, {
    method,
    path,
    headers,
    ...(body === undefined ? {} : { body }),
    ...(request.from === undefined ? {} : { from: request.from }),
    ...(request.hang_up && { hangUp: true }),
  });
}

/** A body that is sent in chunks has no length of its own. */
function lengthOf(body: Buffer, { headers }: OrdinaryRequest): Record<string, string> {
  return headers?.['transfer-encoding'] === undefined ? { 'content-length': String(body.length) } : {};
}

function bodyOf({ json, text, base64, long }: OrdinaryRequest): Buffer | undefined {
  if (json !== undefined) return Buffer.from(JSON.stringify(json));
  if (base64 !== undefined) return Buffer.from(base64, 'base64');
  return text === undefined ? undefined : Buffer.from(text.replace('{{long}}', 'x'.repeat(long ?? 0)));
}

export function dialectOf({ to, dialect }: OrdinaryRequest): 'openai' | 'anthropic' {
  return dialect ?? (to.includes(' /v1/messages') ? 'anthropic' : 'openai');
}

function credentialHeader(given: Story['given'], request: OrdinaryRequest, credential: string | undefined): Record<string, string> {
  if (credential === undefined) return {};
  const place = given.place ?? (dialectOf(request) === 'anthropic' ? 'x-api-key' : 'authorization');
  return place === 'authorization' ? { authorization: `Bearer ${credential}` } : { 'x-api-key': credential };
}
