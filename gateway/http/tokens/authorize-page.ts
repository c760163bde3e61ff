import type { Request, Response } from 'express';
import type { Session, Sessions } from '../../vocabulary/session.ts';
import { html, sendPage } from '../login/page.ts';
import { isSameOrigin } from '../login/same-origin.ts';
import { isLoopbackRedirect, ownClient } from './client.ts';
import type { Codes } from './codes.ts';
import { type Form, readForm, readParameters, readScopes } from './form.ts';
import { paths } from './metadata.ts';
import { isOAuthError } from './oauth-error.ts';
import type { PageTickets } from './page-ticket.ts';
import { isChallenge } from './secrets.ts';

export interface AuthorizePageNeeds {
  readonly issuer: string;
  readonly sessions: Pick<Sessions, 'read'>;
  readonly codes: Pick<Codes, 'make'>;
  readonly tickets: PageTickets;
  readonly newId: () => string;
}

interface Checked {
  readonly redirectUri: string;
  readonly state: string | undefined;
}

/** A request for a code that makes sense. */
interface Wanted extends Checked {
  readonly challenge: string;
  readonly scopes: readonly string[];
}

const fields = ['response_type', 'client_id', 'redirect_uri', 'code_challenge', 'code_challenge_method', 'state', 'scope'] as const;

/**
 * The authorization endpoint (RFC 6749 section 4.1.1) for the command line on the person's own machine. Somebody must be logged in and must say yes: any
 * program on the machine can open this page and wait on a loopback port (RFC 8252 section 8.6). PKCE with S256 is not optional (RFC 9700 section 2.1.1).
 */
export function makeAuthorizePage({ issuer, sessions, codes, tickets, newId }: AuthorizePageNeeds) {
  async function ask(req: Request, res: Response): Promise<void> {
    const query = req.url.split('?', 2)[1] ?? '';
    const wanted = check(readParameters(new URLSearchParams(query)), res);
    if (wanted === undefined) return;
    const session = await sessions.read(req);
    if (session === undefined) {
      res.redirect(303, `/auth/login?${new URLSearchParams({ return_to: `${paths.authorize}?${query}` })}`);
      return;
    }
    sendPage(res, askPage(session, wanted, await tickets.give(session.id)));
  }

  async function answer(req: Request, res: Response): Promise<void> {
    if (!isSameOrigin(req, issuer)) return refuse(res, 403, 'This request did not come from the page of this gateway.');
    const form = await readForm(req);
    const wanted = check(form, res);
    if (wanted === undefined || isOAuthError(form)) return;
    const session = await sessions.read(req);
    if (session === undefined) return refuse(res, 401, 'The login has ended. Begin again in the terminal.');
    if (!(await tickets.take(form.get('ticket'), session.id)))
      return refuse(res, 403, 'This page was shown to another login. Begin again in the terminal.');
    if (form.get('answer') !== 'yes') return back(res, wanted, { error: 'access_denied' });
    const { redirectUri, challenge, scopes } = wanted;
    const code = await codes.make({ clientId: ownClient, redirectUri, challenge, sessionId: session.id, scopes, family: newId() });
    back(res, wanted, { code });
  }

  /** What is wrong with the client or the place to go back to is told here; only the rest is told there (RFC 6749 section 4.1.2.1). */
  function check(form: Form | { readonly kind: 'oauth-error' }, res: Response): Wanted | undefined {
    if ('kind' in form) return void refuse(res, 400, 'The request is malformed.');
    const redirectUri = form.get('redirect_uri');
    if (form.get('client_id') !== ownClient) return void refuse(res, 400, 'The program that asks is not known to this gateway.');
    if (redirectUri === undefined || !isLoopbackRedirect(redirectUri)) {
      return void refuse(res, 400, 'The program that asks would have the answer sent somewhere else than to itself on your machine.');
    }
    const checked = { redirectUri, state: form.get('state') };
    const challenge = form.get('code_challenge');
    const scopes = readScopes(form.get('scope'));
    if (form.get('response_type') !== 'code') return void back(res, checked, { error: 'unsupported_response_type' });
    // Absent means "plain" (RFC 7636 section 4.3), which whoever sees the request can use.
    if (form.get('code_challenge_method') !== 'S256' || !isChallenge(challenge))
      return void back(res, checked, { error: 'invalid_request' });
    if (isOAuthError(scopes)) return void back(res, checked, { error: 'invalid_scope' });
    return { ...checked, challenge, scopes };
  }

  function back(res: Response, { redirectUri, state }: Checked, answer: Readonly<Record<string, string>>): void {
    const query = new URLSearchParams({ ...answer, ...(state === undefined ? {} : { state }), iss: issuer });
    res.redirect(303, `${redirectUri}?${query}`);
  }

  function askPage(session: Session, { redirectUri, challenge, state, scopes }: Wanted, ticket: string) {
    const values: Readonly<Record<(typeof fields)[number], string | undefined>> = {
      ...{ response_type: 'code', client_id: ownClient, redirect_uri: redirectUri, code_challenge: challenge },
      ...{ code_challenge_method: 'S256', state, scope: scopes.length === 0 ? undefined : scopes.join(' ') },
    };
    const hidden = fields.flatMap((name) => {
      const value = values[name];
      return value === undefined ? [] : [html`<input type="hidden" name="${name}" value="${value}">`];
    });
    return {
      title: 'A token for your terminal',
      body: html`<p>The command line on this machine asks for a token in your name, <strong>${session.person.id}</strong>. Programs with this token can call models as you.</p>
<p>Go on only if you have just run <code>regate login</code>.</p>
<form method="post" action="${paths.authorize}">${hidden}<input type="hidden" name="ticket" value="${ticket}">
<button name="answer" value="yes">Go on</button>
<button name="answer" value="no">Refuse</button>
</form>`,
    };
  }

  return { ask, answer };
}

export function refuse(res: Response, status: number, text: string): void {
  sendPage(res, { status, title: 'This cannot go on', body: html`<p>${text}</p>` });
}
