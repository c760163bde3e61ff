import type { SubjectMapping } from '../vocabulary/configuration.ts';
import type { LoginConfiguration, LoginProvider, OidcProvider, SamlProvider, SessionStoreConfiguration } from '../vocabulary/login.ts';
import type { LoginFile } from './login-schema.ts';

type Resolve = (path: string) => string;
type OidcFile = LoginFile['oidc'][number];
type SamlFile = LoginFile['saml'][number];

/** The section `login` as the rooms see it. */
export function convertLogin(file: LoginFile, resolve: Resolve): LoginConfiguration {
  const publicUrl = file.public_url.replace(/\/$/, '');
  const { sessions } = file;
  return {
    publicUrl,
    sessions: {
      store: convertStore(sessions.store, resolve),
      ...(sessions.secret_file === undefined ? {} : { secretFile: resolve(sessions.secret_file) }),
      absoluteSeconds: sessions.absolute_seconds,
      idleSeconds: sessions.idle_seconds,
    },
    oidc: file.oidc.map((provider) => convertOidc(provider, resolve)),
    saml: file.saml.map((provider) => convertSaml(provider, publicUrl, resolve)),
  };
}

function convertStore(store: LoginFile['sessions']['store'], resolve: Resolve): SessionStoreConfiguration {
  switch (store.kind) {
    case 'memory':
      return store;
    case 'sqlite':
      return { kind: 'sqlite', file: resolve(store.file) };
    case 'redis':
      return {
        kind: 'redis',
        url: store.url,
        prefix: store.prefix,
        ...(store.username === undefined ? {} : { username: store.username }),
        ...(store.password_file === undefined ? {} : { passwordFile: resolve(store.password_file) }),
        ...(store.ca === undefined ? {} : { ca: resolve(store.ca) }),
      };
  }
}

function convertOidc(file: OidcFile, resolve: Resolve): OidcProvider {
  return {
    ...convertProvider(file),
    subject: person(file.subject, file.roles, file.groups, file.group_roles),
    issuer: file.issuer,
    clientId: file.client_id,
    ...(file.client_secret_file === undefined ? {} : { clientSecretFile: resolve(file.client_secret_file) }),
    clientAuthentication: file.client_authentication,
    scopes: file.scopes,
    algorithms: file.algorithms,
    ...(file.ca === undefined ? {} : { ca: resolve(file.ca) }),
  };
}

function convertSaml(file: SamlFile, publicUrl: string, resolve: Resolve): SamlProvider {
  const { signing_key_file: key, signing_certificate_file: certificate, subject_attribute: attribute } = file;
  // The login puts the NameID beside the attributes under the name `name-id`, over any attribute of that name.
  return {
    ...convertProvider(file),
    subject: person(literal(attribute ?? 'name-id'), maybeLiteral(file.roles), maybeLiteral(file.groups), file.group_roles),
    metadataFile: resolve(file.metadata_file),
    entityId: file.entity_id ?? `${publicUrl}/auth/saml/${file.alias}/metadata`,
    identifiedBy: attribute === undefined ? 'name-id' : 'attribute',
    ...(key === undefined || certificate === undefined
      ? {}
      : { signing: { keyFile: resolve(key), certificateFile: resolve(certificate) } }),
    maxAssertionAgeSeconds: file.max_assertion_age_seconds,
  };
}

function convertProvider(file: OidcFile | SamlFile): Omit<LoginProvider, 'subject'> {
  return {
    alias: file.alias,
    name: file.name ?? file.alias,
    claims: file.claims,
    mfa: file.mfa,
    clockSkewSeconds: file.clock_skew_seconds,
  };
}

function person(
  id: string,
  roles: string | undefined,
  groups: string | undefined,
  groupRoles: Readonly<Record<string, readonly string[]>>,
): SubjectMapping {
  return {
    kind: 'person',
    kinds: {},
    id,
    groupRoles,
    ...(roles === undefined ? {} : { roles }),
    ...(groups === undefined ? {} : { groups }),
  };
}

/** Names of attributes hold dots (`urn:oid:2.5.4.10`) and are one step of a path. A name that is a URL is taken whole as it stands. */
function literal(name: string): string {
  return name.includes('://') ? name : name.replaceAll('.', '\\.');
}

function maybeLiteral(name: string | undefined): string | undefined {
  return name === undefined ? undefined : literal(name);
}
