import type { Request, Response } from 'express';
import passport, { type Strategy } from 'passport';
import type { RefusedLogin } from './session-records.ts';

export type StrategyOutcome<T> = { readonly proven: T } | { readonly refused: RefusedLogin } | { readonly answered: true };

/**
 * Runs a passport strategy on a request (its type is a plain object, because passport-saml is written against the types of an older Express), without passport's own session: what becomes of a person who is proved is the login's to say.
 * @returns whom it proved, why it refused, or that it has sent the browser elsewhere
 * @throws whatever the strategy reports as an error
 */
export function runStrategy<T extends object>(strategy: object, req: Request, res: Response): Promise<StrategyOutcome<T>> {
  return new Promise((resolve, reject) => {
    res.once('close', () => resolve({ answered: true }));
    const done = (error: unknown, user?: unknown, why?: unknown): void => {
      if (error) reject(error);
      else if (user) resolve({ proven: user as T });
      else resolve({ refused: isRefused(why) ? why : { code: 'login.refused' } });
    };
    const passed = (error?: unknown) => reject(error ?? new Error('a strategy neither proved nor refused a login'));
    passport.authenticate(strategy as Strategy, { session: false }, done)(req, res, passed);
  });
}

function isRefused(why: unknown): why is RefusedLogin {
  return typeof why === 'object' && why !== null && 'code' in why;
}
