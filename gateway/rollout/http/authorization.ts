import { Breakage, BundleBreakage } from '../../errors.ts';
import type { HttpAuthorization } from '../../vocabulary/bundles.ts';
import type { CredentialSource } from '../../vocabulary/configuration.ts';
import type { Secret } from '../../vocabulary/secret.ts';
import { type ClientCredentialsNeeds, makeClientCredentials } from './client-credentials.ts';
import type { Answer } from './exchange.ts';

/** How the gateway shows a server who it is. */
export interface Authorization {
  /** @throws BundleBreakage `unreachable` where the secret is not to be had */
  headers(): Promise<Readonly<Record<string, string>>>;
  /** The server refused (401). @returns whether asking again may help */
  renew?(refused: Answer): Promise<boolean>;
}

/** Reads a secret where it is kept, as it stands at this moment. */
export type ReadSecret = (source: CredentialSource) => Promise<Secret>;

export interface AuthorizationNeeds extends Pick<ClientCredentialsNeeds, 'call' | 'clock'> {
  readonly authorization: HttpAuthorization;
  readonly readSecret: ReadSecret;
}

/** Makes the way to show who asks that the configuration names. */
export function makeAuthorization({ authorization, readSecret, call, clock }: AuthorizationNeeds): Authorization {
  const secretOf = async (source: CredentialSource): Promise<string> => {
    try {
      return (await readSecret(source)).reveal();
    } catch (cause) {
      if (!(cause instanceof Breakage)) throw cause;
      throw new BundleBreakage('unreachable', `the server is not asked: ${cause.message}`, { cause });
    }
  };
  switch (authorization.scheme) {
    case 'bearer':
      return { headers: async () => ({ authorization: `Bearer ${await secretOf(authorization.token)}` }) };
    case 'basic':
      return {
        headers: async () => ({ authorization: writeBasic(authorization.username, await secretOf(authorization.password)) }),
      };
    case 'header':
      return { headers: async () => ({ [authorization.name]: await secretOf(authorization.value) }) };
    case 'client-credentials':
      return makeClientCredentials({ ...authorization, readClientSecret: () => secretOf(authorization.clientSecret), call, clock });
  }
}

/** RFC 7617 section 2. */
export function writeBasic(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}
