import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { makeJudgeCertificate } from '../../gateway/certificates/certificates.ts';
import { isRefusal } from '../../gateway/errors.ts';
import type { AuthorityConfiguration } from '../../gateway/vocabulary/certificates.ts';
import { freezeClock, keepLog, startOfTime } from '../pipeline/authenticate/clock.ts';
import { type Issued, makeTestAuthority, type TestAuthority } from './authority.ts';

export const now = startOfTime;
export const spiffe = (path = '/ns/prod/sa/batch', domain = 'example.org') =>
  [{ type: 'url', value: `spiffe://${domain}${path}` }] as const;

const directory = mkdtempSync(join(tmpdir(), 'regate-certificates-'));
after(() => rmSync(directory, { recursive: true, force: true }));

/** The mesh's authority for workloads, and the one that issues to managed devices. Their names are the same: only their keys tell them apart. */
export const mesh: TestAuthority = await makeTestAuthority('CN=Example CA', now);
export const mdm: TestAuthority = await makeTestAuthority('CN=Example Device CA', now);

let files = 0;
export function keep(text: string | Buffer): string {
  const path = join(directory, `file-${++files}`);
  writeFileSync(path, text);
  return path;
}

export const workloads: AuthorityConfiguration = {
  alias: 'mesh',
  kind: 'workload',
  ca: [keep(mesh.cert)],
  crl: [],
  trustDomain: 'example.org',
  subject: { from: 'spiffe', kind: 'service', idRoles: {}, sameAs: {} },
  device: {},
};

export const devices: AuthorityConfiguration = {
  alias: 'mdm',
  kind: 'device',
  ca: [keep(mdm.cert)],
  crl: [],
  subject: { from: 'common-name', kind: 'service', idRoles: {}, sameAs: {} },
  device: { managed: true },
};

/** What a certificate comes to: the code and the detail of its refusal, or `use:name`. */
export function makeVerdict(authorities: readonly AuthorityConfiguration[] = [workloads, devices]) {
  const clock = freezeClock();
  const { logger, lines } = keepLog();
  const judge = makeJudgeCertificate({ authorities, clock, logger });
  const verdict = (leaf: Pick<Issued, 'der'>, others: readonly Pick<Issued, 'der'>[] = []): string => {
    const result = judge({ evidence: 'peer', leaf: leaf.der, others: others.map(({ der }) => der) });
    return isRefusal(result) ? `${result.code}: ${result.detail ?? ''}` : `${result.use}:${result.name}`;
  };
  return { verdict, clock, lines };
}

/** The verdict of the two authorities that every test has. */
export const verdict = (leaf: Pick<Issued, 'der'>, others: readonly Pick<Issued, 'der'>[] = []): string =>
  makeVerdict().verdict(leaf, others);
