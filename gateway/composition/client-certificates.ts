import { makeJudgeCertificate } from '../certificates/certificates.ts';
import type { AcceptNeeds } from '../pipeline/accept/accept.ts';
import type { AuthenticateNeeds } from '../pipeline/authenticate/authenticate.ts';
import type { ChainNeeds } from '../pipeline/chain/chain.ts';
import type { ServerTlsNeeds } from '../tls/server-tls.ts';
import type { Clock } from '../vocabulary/clock.ts';
import type { ListenConfiguration } from '../vocabulary/configuration.ts';
import type { Logger } from '../vocabulary/logger.ts';

/** What each stage has to know of client certificates; nothing where none are configured. */
export interface ClientCertificates {
  readonly accept: Pick<AcceptNeeds, 'clientCertificates' | 'trustedProxies'>;
  readonly authenticate: Pick<AuthenticateNeeds, 'certificates'>;
  readonly chain: Pick<ChainNeeds, 'authorities'>;
  readonly tls: Pick<ServerTlsNeeds, 'clientAuthorities'>;
}

/** Composes how callers' certificates are asked for, found, judged and named. */
export function makeClientCertificates(
  { clientCertificates, trustedProxies }: ListenConfiguration,
  { clock, logger }: { readonly clock: Clock; readonly logger: Logger },
): ClientCertificates {
  if (clientCertificates === undefined) return { accept: { trustedProxies }, authenticate: {}, chain: {}, tls: {} };
  const { mode, authorities } = clientCertificates;
  return {
    accept: { clientCertificates, trustedProxies },
    authenticate: { certificates: { mode, judge: makeJudgeCertificate({ authorities, clock, logger }) } },
    chain: { authorities },
    tls: { clientAuthorities: authorities.flatMap(({ ca }) => ca) },
  };
}
