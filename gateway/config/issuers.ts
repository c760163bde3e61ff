import type { IssuerConfiguration, SubjectMapping } from '../vocabulary/configuration.ts';
import type { IssuerFile } from './issuer-schema.ts';

type Resolve = (path: string) => string;

const types = { oauth: ['at+jwt', 'JWT', 'none'], kubernetes: ['JWT', 'none'], spiffe: ['JWT', 'JOSE', 'none'] } as const;

/** Where the claims of a service-account token are put in front of the mapping: see `kubernetesClaims` of the chain stage. */
const kubernetesPaths = { id: 'service_account', groups: 'groups' } as const;

export function convertIssuer(issuer: IssuerFile, resolve: Resolve): IssuerConfiguration {
  const { kind, trust_domain: trustDomain, device } = issuer;
  return {
    alias: issuer.alias,
    ...(kind === 'oauth' ? {} : { kind }),
    issuer: issuer.issuer ?? `spiffe://${trustDomain}`,
    ...(trustDomain === undefined ? {} : { trustDomain }),
    jwks: convertJwks(issuer, resolve),
    audiences: issuer.audiences,
    algorithms: issuer.algorithms,
    types: issuer.types ?? types[kind],
    ...(issuer.certificate_bound ? { certificateBound: true } : {}),
    clockSkewSeconds: issuer.clock_skew_seconds,
    maxLifetimeSeconds: issuer.max_lifetime_seconds,
    subject: convertSubject(issuer.subject, kind),
    ...(issuer.actor === undefined ? {} : { actor: convertSubject(issuer.actor, 'oauth') }),
    maxActors: issuer.max_actors,
    claims: issuer.claims,
    ...(device === undefined
      ? {}
      : {
          device: {
            id: device.id,
            ...(device.managed === undefined ? {} : { managed: device.managed }),
            ...(device.os === undefined ? {} : { os: device.os }),
          },
        }),
  };
}

function convertJwks(issuer: IssuerFile, resolve: Resolve): IssuerConfiguration['jwks'] {
  if (issuer.jwks_file !== undefined) return { file: resolve(issuer.jwks_file) };
  if (issuer.jwks_url === undefined) throw new TypeError('an issuer without jwks_url or jwks_file has passed the schema');
  return { url: issuer.jwks_url, ...(issuer.ca === undefined ? {} : { ca: resolve(issuer.ca) }) };
}

function convertSubject(subject: IssuerFile['subject'], of: IssuerFile['kind']): SubjectMapping {
  const preset = of === 'kubernetes' ? kubernetesPaths : undefined;
  const groups = subject.groups ?? preset?.groups;
  return {
    kind: subject.kind ?? (of === 'oauth' ? 'person' : 'service'),
    kinds: subject.kinds,
    id: subject.id ?? preset?.id ?? 'sub',
    groupRoles: subject.group_roles,
    ...(Object.keys(subject.id_roles).length === 0 ? {} : { idRoles: subject.id_roles }),
    ...(subject.kind_claim === undefined ? {} : { kindClaim: subject.kind_claim }),
    ...(subject.roles === undefined ? {} : { roles: subject.roles }),
    ...(groups === undefined ? {} : { groups }),
  };
}
