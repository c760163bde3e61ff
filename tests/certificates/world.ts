import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DecidedRecord } from '../../gateway/vocabulary/record.ts';
import { callers, mintToken, virtualKeys } from '../story/callers.ts';
import { isDecided } from '../story/read-log.ts';
import { storyTime } from '../story/scene.ts';
import { type Answered, send } from '../story/send.ts';
import { until } from '../story/until.ts';
import { openWorld, type World } from '../story/world.ts';
import { type Issued, makeTestAuthority, type TestAuthority } from './authority.ts';

/** What a request came to. */
export interface Outcome {
  readonly status: number | undefined;
  /** The code of the refusal. */
  readonly code: string | undefined;
  readonly record: DecidedRecord;
  readonly answered: Answered;
}

export interface CertifiedWorld extends World {
  readonly mesh: TestAuthority;
  readonly mdm: TestAuthority;
  ask(wish: Ask): Promise<Outcome>;
}

export interface Ask {
  readonly client?: Pick<Issued, 'cert' | 'key'>;
  /** A caller of the stories, with claims beside its own. */
  readonly caller?: string;
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly key?: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** 127.0.0.9 is a trusted proxy. */
  readonly from?: string;
}

export const batch = 'spiffe://example.org/ns/prod/sa/batch';

/** A gateway that knows a mesh's authority for workloads and one for devices, with a policy that permits everything. */
export async function openCertifiedWorld(settings: Readonly<Record<string, unknown>> = {}): Promise<CertifiedWorld> {
  const mesh = await makeTestAuthority('CN=Mesh', storyTime);
  const mdm = await makeTestAuthority('CN=Devices', storyTime);
  const world = await openWorld({
    setting: 'cases',
    change: (configuration) => ({
      ...configuration,
      listen: {
        ...configuration.listen,
        client_certificates: {
          authorities: [
            {
              alias: 'mesh',
              ca: ['mesh.pem'],
              trust_domain: 'example.org',
              subject: {
                id_roles: { 'spiffe://example.org/ns/prod/*': ['batch'] },
                same_as: { [batch]: ['keys:nightly-job', 'demo:build-bot'] },
              },
            },
            { alias: 'mdm', kind: 'device', ca: ['mdm.pem'], subject: { from: 'common-name' }, device: { managed: true, os: 'macOS' } },
          ],
          ...settings,
        },
      },
    }),
    prepare: (directory) => {
      writeFileSync(join(directory, 'mesh.pem'), mesh.cert);
      writeFileSync(join(directory, 'mdm.pem'), mdm.cert);
    },
  });

  async function ask({ client, caller, claims, key, headers = {}, from }: Ask): Promise<Outcome> {
    const token = caller === undefined ? undefined : mintToken({ ...callers[caller], ...claims }, { now: storyTime, id: randomUUID() });
    const credential = token ?? (key === undefined ? undefined : virtualKeys.get(key));
    const body = JSON.stringify({ model: 'case-plain', messages: [{ role: 'user', content: 'a' }] });
    const answered = await send(world, {
      method: 'POST',
      path: '/v1/chat/completions',
      headers: {
        'content-type': 'application/json',
        'content-length': String(body.length),
        ...(credential === undefined ? {} : { authorization: `Bearer ${credential}` }),
        ...headers,
      },
      body,
      ...(client === undefined ? {} : { client }),
      ...(from === undefined ? {} : { from }),
    });
    const id = answered.headers['x-regate-decision-id'];
    const record = await until('a record of the request', () =>
      world
        .readLog()
        .entries.filter(isDecided)
        .find(({ decision_id: decision }) => decision === id),
    );
    return { status: answered.status, code: record.code, record, answered };
  }

  return { ...world, mesh, mdm, ask };
}

/** The ids of a record's chain, tokens as `token`. */
export function chainOf({ record }: Outcome): readonly string[] {
  return (record.identity?.chain ?? []).flatMap((link) => {
    if (link.kind === 'credential') return [];
    return [link.kind === 'token' ? `token ${link.issuer} ${link.method}` : `${link.kind} ${link.id}`];
  });
}
