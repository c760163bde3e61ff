import { describe, type ErrorCode } from '../../errors.ts';
import type { Session } from '../../vocabulary/session.ts';
import { type Wish, writeWish } from './ask.ts';
import { html, type Page } from './page.ts';

/** A provider that people can choose. */
export interface Choice {
  readonly kind: 'oidc' | 'saml';
  readonly alias: string;
  readonly name: string;
}

/** Where a login at a provider begins. */
export function startPath({ kind, alias }: Choice, wish: Wish): string {
  return `/auth/${kind}/${alias}/start?${writeWish(wish)}`;
}

export function choicePage(choices: readonly Choice[], wish: Wish): Page {
  const links = choices.map(
    (choice) => html`<li><a class="choice" href="${startPath(choice, wish)}">Log in with ${choice.name}</a></li>
`,
  );
  return { title: 'Log in', body: html`<p>Choose where you have an account.</p>\n<ul>\n${links}</ul>` };
}

/** For somebody who is logged in. */
export function sessionPage({ person, endsAt }: Session): Page {
  return {
    title: 'You are logged in',
    body: html`<dl>
<dt>You are</dt><dd>${person.id}</dd>
<dt>Your roles</dt><dd>${person.roles.length === 0 ? 'none' : person.roles.join(', ')}</dd>
<dt>This login ends at the latest</dt><dd>${new Date(endsAt).toUTCString()}</dd>
</dl>
<form method="post" action="/auth/logout"><button type="submit">Log out</button></form>`,
  };
}

export function loggedOutPage(): Page {
  return { title: 'You are logged out', body: html`<p><a class="choice" href="/auth/login">Log in again</a></p>` };
}

/** What a person is told of a refusal: the sentence of the table, and the number under which it is recorded. */
export function refusedPage(code: ErrorCode, requestId: string): Page {
  const { status, tell } = describe(code);
  return {
    status,
    title: 'This did not work',
    body: html`<p role="alert">${tell}</p>
<p><small>Code ${code}, request ${requestId}</small></p>
<p><a class="choice" href="/auth/login">To the login page</a></p>`,
  };
}
