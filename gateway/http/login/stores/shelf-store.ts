import { type SessionData, Store } from 'express-session';
import type { Shelf } from '../../../vocabulary/session.ts';

/** Keeps the sessions of express-session on a shelf. Each has the end that `login.endsAt` says; without a login there is nothing to keep. */
export class ShelfStore extends Store {
  readonly #shelf: Shelf;

  constructor(shelf: Shelf) {
    super();
    this.#shelf = shelf;
  }

  override get(sid: string, callback: (error: unknown, session?: SessionData | null) => void): void {
    this.#shelf.get(`session:${sid}`).then(
      (text) => callback(undefined, text === undefined ? null : (JSON.parse(text) as SessionData)),
      (error: unknown) => callback(error),
    );
  }

  override set(sid: string, session: SessionData, callback?: (error?: unknown) => void): void {
    const until = session.login?.endsAt ?? 0;
    this.#shelf.put(`session:${sid}`, JSON.stringify(session), until).then(
      () => callback?.(),
      (error: unknown) => callback?.(error),
    );
  }

  override destroy(sid: string, callback?: (error?: unknown) => void): void {
    this.#shelf.take(`session:${sid}`).then(
      () => callback?.(),
      (error: unknown) => callback?.(error),
    );
  }
}
