import type { Request, Response } from 'express';
import type { Clock } from '../../vocabulary/clock.ts';
import type { Sessions, Shelf } from '../../vocabulary/session.ts';
import { html, sendPage } from '../login/page.ts';
import { isSameOrigin } from '../login/same-origin.ts';
import { makeAttempts } from './attempts.ts';
import { refuse } from './authorize-page.ts';
import { type DeviceCodes, type DeviceRequest, deviceLifeSeconds } from './device-codes.ts';
import { readForm } from './form.ts';
import { paths } from './metadata.ts';
import { isOAuthError } from './oauth-error.ts';
import type { PageTickets } from './page-ticket.ts';

export interface DevicePageNeeds {
  readonly issuer: string;
  readonly sessions: Pick<Sessions, 'read'>;
  readonly deviceCodes: DeviceCodes;
  readonly tickets: PageTickets;
  readonly shelf: Shelf;
  readonly clock: Clock;
}

/** Codes that one person may get wrong before he must wait (RFC 8628 section 5.1), in however many logins. */
const mostWrong = 5;

/**
 * The page on which a logged-in person lets a terminal without a browser have a token (RFC 8628 section 3.3). The code in the link only fills the field: the
 * person compares it with the terminal, and sees from where and when it was asked, since somebody else's code may be in the link (section 5.4).
 */
export function makeDevicePage({ issuer, sessions, deviceCodes, tickets, shelf, clock }: DevicePageNeeds) {
  const guess = makeAttempts('user-code', { shelf, clock, most: mostWrong, withinSeconds: deviceLifeSeconds });

  async function show(req: Request, res: Response): Promise<void> {
    const query = new URLSearchParams(req.url.split('?', 2)[1] ?? '');
    const given = (query.get('user_code') ?? '').replace(/[^A-Za-z-]/g, '').slice(0, 16);
    const session = await sessions.read(req);
    if (session === undefined) {
      const own = given === '' ? paths.device : `${paths.device}?${new URLSearchParams({ user_code: given })}`;
      res.redirect(303, `/auth/login?${new URLSearchParams({ return_to: own })}`);
      return;
    }
    sendPage(res, {
      title: 'Connect a terminal',
      body: html`<p>You are <strong>${session.person.id}</strong>. Type the code that the terminal shows.</p>
<form method="post" action="${paths.device}">
<label for="user_code">Code</label>
<input id="user_code" name="user_code" value="${given}" autocomplete="off" autocapitalize="characters" spellcheck="false" required>
<button name="answer" value="look">Continue</button>
</form>`,
    });
  }

  async function answer(req: Request, res: Response): Promise<void> {
    if (!isSameOrigin(req, issuer)) return refuse(res, 403, 'This request did not come from the page of this gateway.');
    const form = await readForm(req);
    if (isOAuthError(form)) return refuse(res, form.status, 'The request is malformed.');
    const session = await sessions.read(req);
    if (session === undefined) return refuse(res, 401, 'The login has ended. Open the page again.');
    const giveBack = await guess(session.person.id);
    if (giveBack === undefined) return refuse(res, 429, 'Too many wrong codes. Wait ten minutes.');
    const code = form.get('user_code') ?? '';
    const waiting = await deviceCodes.find(code);
    if (waiting === undefined) return refuse(res, 404, 'There is no such code, or it has expired. Look at the terminal again.');
    await giveBack();
    const said = form.get('answer');
    if (said !== 'approve' && said !== 'deny') return confirm(res, code, waiting, session.person.id, await tickets.give(session.id));
    if (!(await tickets.take(form.get('ticket'), session.id)))
      return refuse(res, 403, 'This page was shown to another login. Open it again.');
    const taken = await deviceCodes.answer(code, said === 'approve' ? { approved: session.id } : 'denied');
    if (!taken) return refuse(res, 409, 'This code has been answered already.');
    const title = said === 'approve' ? 'The terminal is connected' : 'The terminal is refused';
    sendPage(res, { title, body: html`<p>You can close this page.</p>` });
  }

  function confirm(res: Response, code: string, { address, at }: DeviceRequest, person: string, ticket: string): void {
    sendPage(res, {
      title: 'Connect this terminal?',
      body: html`<p>A terminal at <strong>${address}</strong> asked at ${new Date(at).toISOString()} for a token in your name, <strong>${person}</strong>. It shows the code <strong>${code.toUpperCase()}</strong>.</p>
<p>Approve only if this is your own terminal. Nobody else should ever ask you for this.</p>
<form method="post" action="${paths.device}">
<input type="hidden" name="user_code" value="${code}">
<input type="hidden" name="ticket" value="${ticket}">
<button name="answer" value="approve">Approve</button>
<button name="answer" value="deny">Refuse</button>
</form>`,
    });
  }

  return { show, answer };
}
