import type { Logger } from '../../vocabulary/logger.ts';
import type { Arrival } from '../../vocabulary/request.ts';
import type { Sessions } from '../../vocabulary/session.ts';
import type { RefreshTokens } from './refresh-tokens.ts';
import type { RevocationReason, TokenRecords } from './token-records.ts';

export interface EndFamilyNeeds {
  readonly refreshTokens: Pick<RefreshTokens, 'end'>;
  readonly sessions?: Pick<Sessions, 'find'>;
  readonly records: Pick<TokenRecords, 'revoke'>;
  readonly logger: Logger;
}

export type EndFamily = (
  family: { readonly id: string; readonly sessionId: string },
  why: RevocationReason,
  arrival: Arrival,
) => Promise<void>;

/** Makes the end of all that came of one login of a program. It ends first and whatever else happens; that it has is on the record before anybody is told. */
export function makeEndFamily({ refreshTokens, sessions, records, logger }: EndFamilyNeeds): EndFamily {
  return async function endFamily({ id, sessionId }, why, arrival) {
    const tokens = await refreshTokens.end(id);
    const person = (await sessions?.find(sessionId))?.person;
    await records.revoke({ why, family: id, tokens, ...(person === undefined ? {} : { person }) }, arrival);
    logger.info('a login of the command line has ended', { family: id, why });
  };
}
