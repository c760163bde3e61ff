import { BundleBreakage } from '../../errors.ts';
import type { Clock } from '../../vocabulary/clock.ts';
import type { Authorization } from './authorization.ts';
import type { HttpClient } from './client.ts';
import type { Answer } from './exchange.ts';

export interface RegistryTokenNeeds {
  readonly registry: URL;
  readonly repository: string;
  /** Hosts beside the registry's own that may be asked for a token. */
  readonly otherHosts: readonly string[];
  /** The value of the header that shows the token service, or the registry, who asks; absent for anonymous pulls. */
  readonly readCredential?: () => Promise<string>;
  /** Calls the token service. */
  readonly call: HttpClient;
  readonly clock: Pick<Clock, 'monotonic'>;
}

const maxAnswerBytes = 256 * 1024;
const marginSeconds = 10;

/**
 * Makes the token scheme of registries: the registry refuses and says where a token is to be had (the challenge), the token service gives one for
 * this repository, and the registry takes it. A registry that wants the credential itself (Basic) gets it.
 */
export function makeRegistryToken(needs: RegistryTokenNeeds): Authorization {
  const { registry, repository, otherHosts, readCredential, call, clock } = needs;
  let held: { readonly value: string; readonly until: number } | undefined;

  async function fetchToken(challenge: ReadonlyMap<string, string>): Promise<void> {
    const realm = parseRealm(challenge.get('realm') ?? '');
    const scope = challenge.get('scope') ?? `repository:${repository}:pull`;
    const service = challenge.get('service');
    if (service !== undefined) realm.searchParams.set('service', service);
    realm.searchParams.set('scope', scope);
    const credential = await readCredential?.();
    const { status, body } = await call({
      url: realm,
      headers: { accept: 'application/json', ...(credential === undefined ? {} : { authorization: credential }) },
      maxBytes: maxAnswerBytes,
    });
    if (status !== 200) throw new BundleBreakage('answer', `the token service ${realm.host} answered ${status}`);
    const { token, seconds } = readToken(body, realm.host);
    held = { value: `Bearer ${token}`, until: clock.monotonic() + Math.max(0, seconds - marginSeconds) * 1000 };
  }

  /** A registry could name anybody's host, and would be sent the credential there. */
  function parseRealm(text: string): URL {
    const realm = URL.canParse(text) ? new URL(text) : undefined;
    const known = realm !== undefined && (realm.host === registry.host || otherHosts.includes(realm.host));
    if (!known || (realm.protocol !== 'https:' && realm.protocol !== registry.protocol)) {
      throw new BundleBreakage(
        'answer',
        `${registry.host} names a token service at ${realm?.host ?? 'no valid URL'}, which is not allowed; name the host in other_hosts if it is meant`,
      );
    }
    return realm;
  }

  return {
    headers: async () => (held !== undefined && clock.monotonic() < held.until ? { authorization: held.value } : {}),
    async renew(refused: Answer) {
      const header = refused.headers['www-authenticate'] ?? '';
      const scheme = /^(bearer|basic)\b/i.exec(header)?.[1]?.toLowerCase();
      if (scheme === 'bearer') {
        held = undefined;
        await fetchToken(readChallenge(header));
        return true;
      }
      if (scheme !== 'basic' || readCredential === undefined) return false;
      held = { value: await readCredential(), until: Number.POSITIVE_INFINITY };
      return true;
    },
  };
}

/** The parameters of a challenge (RFC 9110 section 11.6.1). */
function readChallenge(header: string): ReadonlyMap<string, string> {
  return new Map([...header.matchAll(/([a-z_]+)="([^"]*)"/gi)].map(([, name = '', value = '']) => [name.toLowerCase(), value]));
}

function readToken(body: Buffer, host: string): { readonly token: string; readonly seconds: number } {
  let answer: { token?: unknown; access_token?: unknown; expires_in?: unknown };
  try {
    answer = (JSON.parse(body.toString()) ?? {}) as typeof answer;
  } catch (cause) {
    throw new BundleBreakage('answer', `the token service ${host} answered with something that is not JSON`, { cause });
  }
  const token = answer.token ?? answer.access_token;
  if (typeof token !== 'string' || !/^[A-Za-z0-9._~+/-]+=*$/.test(token)) {
    throw new BundleBreakage('answer', `the token service ${host} gave no bearer token`);
  }
  return { token, seconds: typeof answer.expires_in === 'number' && answer.expires_in > 0 ? answer.expires_in : 60 };
}
