import type { ContextConfiguration } from '../../../vocabulary/configuration.ts';
import type { Headed } from '../../../vocabulary/request.ts';

/** The one value of a header that may be believed. */
export type AssertedHeader = (name: string | undefined) => string | undefined;

const none: AssertedHeader = () => undefined;

export interface Asserted {
  readonly header: AssertedHeader;
  /** Configured context headers that were sent by a peer whose word does not count. */
  readonly ignored: readonly string[];
}

/**
 * Context headers count only from a trusted proxy: anyone can send them. And only where there is one value: a proxy that adds its own beside the
 * caller's leaves two, and nothing says which is whose.
 */
export function makeAssertedHeaders({ headers: names }: Pick<ContextConfiguration, 'headers'>) {
  const watched = ['x-forwarded-for', 'forwarded', ...Object.values(names)];

  return function asserted({ headers }: Headed, fromTrustedProxy: boolean): Asserted {
    if (!fromTrustedProxy) return { header: none, ignored: watched.filter((name) => headers.has(name)) };
    const header: AssertedHeader = (name) => {
      const values = name === undefined ? undefined : headers.get(name);
      return values?.length === 1 ? values[0] : undefined;
    };
    return { header, ignored: [] };
  };
}
