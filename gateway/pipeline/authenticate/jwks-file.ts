import { makeFreshFile } from '../../files/fresh-file.ts';
import type { Clock } from '../../vocabulary/clock.ts';
import type { Logger } from '../../vocabulary/logger.ts';
import { type IssuerKeys, type KeySet, type KeyUse, makeIssuerKeys, parseKeys } from './jwks.ts';

export interface FileKeySetNeeds {
  readonly path: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Which keys of the set verify tokens. */
  readonly use?: KeyUse;
}

/** Makes a key set that lies in a file, for issuers that the gateway cannot reach. It is read again when it changes. */
export function makeFileKeySet(needs: FileKeySetNeeds): KeySet {
  let made = 0;
  const file = makeFreshFile<IssuerKeys>({
    ...needs,
    what: 'The key set of an issuer',
    parse: (text) => makeIssuerKeys(parseKeys(text, needs.use).set, ++made),
  });
  return {
    current: async () => file.current(),
    // The file has just been looked at, so an unknown key stays unknown until the file changes.
    renew: async () => undefined,
    revision: () => file.current()?.revision,
  };
}
