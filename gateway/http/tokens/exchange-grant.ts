import { isRefusal, type Refusal } from '../../errors.ts';
import type { makeAuthenticate } from '../../pipeline/authenticate/authenticate.ts';
import type { makeChain } from '../../pipeline/chain/chain.ts';
import type { makeContext } from '../../pipeline/collect/context/context.ts';
import { seal } from '../../secret.ts';
import type { Clock } from '../../vocabulary/clock.ts';
import type { IdentityChain, Principal, TokenLink } from '../../vocabulary/identity.ts';
import type { KeyLimits, Proofs } from '../../vocabulary/proofs.ts';
import type { Headed } from '../../vocabulary/request.ts';
import { readScopes } from './form.ts';
import type { GrantType } from './grant.ts';
import type { Issue } from './issue.ts';
import { isNamed, readMayAct } from './may-act.ts';
import { joinLimits, joinScopes } from './narrow.ts';
import { fromRefusal, isOAuthError, type OAuthError, oauthError } from './oauth-error.ts';
import { answerWith } from './session-grant.ts';

export interface ExchangeGrantNeeds {
  readonly authenticate: ReturnType<typeof makeAuthenticate>;
  /** Verifies a token by itself, without what the connection shows. */
  readonly authenticateToken: ReturnType<typeof makeAuthenticate>;
  readonly chain: ReturnType<typeof makeChain>;
  readonly contextOf: ReturnType<typeof makeContext>;
  readonly issue: Issue;
  readonly audience: string;
  readonly maxActors: number;
  readonly clock: Clock;
}

const accessToken = 'urn:ietf:params:oauth:token-type:access_token';
const jwtType = 'urn:ietf:params:oauth:token-type:jwt';
const acceptedTypes: ReadonlySet<string | undefined> = new Set([accessToken, jwtType]);

interface Party {
  readonly proofs: Proofs;
  readonly chain: IdentityChain;
}

/**
 * Token exchange (RFC 8693): a service or an agent shows its own credential as the actor and a person's token as the subject, and gets a token whose `act`
 * chain says so. The policy decides on each exchange, for everybody in the new chain.
 *
 * Nothing widens: the scopes are those that both credentials have, the limits of keys go on, the life ends with the first of the two, the chain has a greatest
 * length, and `may_act` holds for every further exchange. There is no impersonation: without an actor there is no exchange. A subject token that is bound to a key is its holder's alone.
 */
export function makeExchangeGrant({
  authenticate,
  authenticateToken,
  chain,
  contextOf,
  issue,
  audience,
  maxActors,
  clock,
}: ExchangeGrantNeeds): GrantType {
  const presenting = (headed: Headed, token: string): Headed => {
    const { dpop: _dpop, ...bare } = headed;
    return { ...bare, credentials: [{ place: 'authorization', value: seal(token) }] };
  };

  /** The subject's token, by itself: the certificate of the connection and the device are the actor's. */
  async function proveSubject(headed: Headed, token: string): Promise<Party | 'invalid'> {
    const { certificate: _certificate, deviceToken: _deviceToken, ...bare } = presenting(headed, token);
    const proofs = await authenticateToken(bare);
    if (isRefusal(proofs)) return 'invalid';
    const identity = chain(proofs);
    return isRefusal(identity) ? 'invalid' : { proofs, chain: identity };
  }

  async function proveActor(headed: Headed): Promise<Party | Refusal> {
    const proofs = await authenticate(headed);
    if (isRefusal(proofs)) return proofs;
    const identity = chain(proofs);
    return isRefusal(identity) ? identity : { proofs, chain: identity };
  }

  /** The actor's own credential: in the headers, as at any door, or as `actor_token`. */
  async function findActor(headed: Headed, token: string | undefined, type: string | undefined): Promise<Party | OAuthError> {
    if (token !== undefined) {
      if (!acceptedTypes.has(type)) return oauthError('invalid_request', 'actor_token_type must name an access token or a JWT.');
      if (headed.credentials.length > 0)
        return oauthError('invalid_request', 'Show the actor once: as the actor_token or in Authorization.');
      const party = await proveActor(presenting(headed, token));
      return isRefusal(party) ? oauthError('invalid_client', "The actor's credential was not accepted.", { code: party.code }) : party;
    }
    if (type !== undefined) return oauthError('invalid_request', 'actor_token_type comes without an actor_token.');
    if (headed.credentials.length === 0 && headed.certificate === undefined) {
      return oauthError(
        'invalid_client',
        'Who acts is missing: nobody gets a token in which only somebody else stands. Send the actor_token.',
      );
    }
    const party = await proveActor(headed);
    return isRefusal(party) ? fromRefusal(party) : party;
  }

  return async function grant({ headed, form, cnf }) {
    const wrong = refuseForm(form, audience);
    if (wrong !== undefined) return wrong;
    const asked = readScopes(form.get('scope'));
    if (isOAuthError(asked)) return asked;
    const acting = await findActor(headed, form.get('actor_token'), form.get('actor_token_type'));
    if (isOAuthError(acting)) return acting;
    const [actor, another] = acting.chain.principals;
    if (another !== undefined || (actor.kind !== 'service' && actor.kind !== 'agent')) {
      return oauthError('invalid_client', 'The actor must be one service or agent with a credential of its own.');
    }
    const subject = await proveSubject(headed, form.get('subject_token') ?? '');
    if (subject === 'invalid') return oauthError('invalid_request', 'The subject token was not accepted.');
    if (isBound(subject.proofs)) return oauthError('invalid_request', 'The subject token is bound to a key that the actor does not have.');
    if (subject.chain.originator.kind !== 'person') return oauthError('invalid_request', 'The subject token does not stand for a person.');
    const { principals } = subject.chain;
    if (principals.some(({ id }) => id === actor.id)) return oauthError('invalid_request', 'The actor stands in the chain already.');
    if (principals.length > maxActors) return oauthError('invalid_request', 'The chain is as long as it may be.');
    const named = readMayAct(subject.proofs);
    if (!isNamed(named, acting.proofs)) return oauthError('invalid_request', 'The subject token names another actor (may_act).');
    const held = joinScopes(scopesOf(subject.chain), scopesOf(acting.chain));
    if (held === undefined || !asked.every((scope) => held.includes(scope))) {
      return oauthError(
        'invalid_scope',
        "An exchanged token cannot have scopes that the subject token, or the actor's credential, has not.",
      );
    }
    const limits = joinLimits([...limitsOf(subject.chain), ...limitsOf(acting.chain)]);
    if (limits === undefined)
      return oauthError('invalid_request', 'The limits of the two credentials leave nothing, or cannot be kept together.');

    const delegated: Principal = { ...actor, method: 'delegated' };
    const extended: readonly [Principal, ...Principal[]] = [...principals, delegated];
    const whole: IdentityChain = {
      chain: [...extended, ...tokensOf(subject.chain), ...tokensOf(acting.chain)],
      principals: extended,
      originator: subject.chain.originator,
      caller: delegated,
      attested: subject.chain.attested,
    };
    const sid = subject.chain.attested.session?.id;
    const issued = await issue({
      action: 'tokens.exchange',
      petitioner: { arrival: headed, chain: whole, context: contextOf(headed, whole).facts },
      principals: extended,
      clientId: actor.id,
      scopes: asked.length > 0 ? asked : held,
      notAfter: Math.min(endOf(subject.chain), endOf(acting.chain)),
      ...(sid === undefined ? {} : { sid }),
      ...(limits === 'none' ? {} : { limits }),
      ...(typeof named === 'string' ? {} : { mayAct: named }),
      ...(cnf === undefined ? {} : { cnf }),
    });
    if (isOAuthError(issued)) return issued;
    return { ...answerWith(issued, cnf?.jkt !== undefined, clock.now()), issued_token_type: accessToken };
  };
}

function refuseForm(form: ReadonlyMap<string, string>, audience: string): OAuthError | undefined {
  if (!form.has('subject_token')) return oauthError('invalid_request', 'The subject_token is missing.');
  // An ID token says who somebody is to a program; it is no leave to act for him.
  if (!acceptedTypes.has(form.get('subject_token_type'))) {
    return oauthError('invalid_request', 'subject_token_type must name an access token or a JWT.');
  }
  const wanted = form.get('requested_token_type');
  if (wanted !== undefined && !acceptedTypes.has(wanted)) return oauthError('invalid_request', 'Only access tokens are given.');
  const target = form.get('audience');
  if (form.has('resource') || (target !== undefined && target !== audience)) {
    return oauthError('invalid_target', 'The token would be for another audience than this gateway.');
  }
  return undefined;
}

function isBound({ proofs }: Proofs): boolean {
  return proofs.some((proof) => proof.method === 'jwt' && 'cnf' in proof.claims);
}

function tokensOf({ chain }: IdentityChain): readonly TokenLink[] {
  return chain.filter((link) => link.kind === 'token');
}

function scopesOf(chain: IdentityChain): readonly string[] {
  return [...new Set(tokensOf(chain).flatMap(({ scopes }) => scopes))];
}

function limitsOf(chain: IdentityChain): readonly KeyLimits[] {
  return tokensOf(chain).flatMap(({ limits }) => (limits === undefined ? [] : [limits]));
}

/** Milliseconds since the epoch. A credential without an end sets none. */
function endOf(chain: IdentityChain): number {
  const ends = tokensOf(chain).flatMap(({ expires_at: end }) => (end === undefined ? [] : [Date.parse(end)]));
  return Math.min(Number.POSITIVE_INFINITY, ...ends);
}
