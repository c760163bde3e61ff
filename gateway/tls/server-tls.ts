import type { Clock } from '../vocabulary/clock.ts';
import type { TlsConfiguration } from '../vocabulary/configuration.ts';
import type { Logger } from '../vocabulary/logger.ts';
import { watchCertificates } from './certificates.ts';
import { ensureDevelopmentCertificate } from './development-ca.ts';
import { checkPair, type TlsContext } from './pair.ts';

export interface ServerTlsNeeds {
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface ServerTls {
  current(): TlsContext;
  /** Hears of each new context, for `server.setSecureContext`. */
  onChange(listener: (context: TlsContext) => void): void;
  /** Looks for a new certificate now. @returns whether there was one */
  refresh(): Promise<boolean>;
  close(): void;
  /** PEM file of the development CA, in that mode. */
  readonly caPath?: string;
}

const filesEveryMs = 10_000;
const developmentEveryMs = 6 * 3_600_000;

/**
 * Opens what the data port needs for TLS, and keeps it fresh while the gateway runs.
 *
 * @returns `undefined` for plaintext
 * @throws Breakage `gateway.error` where the gateway could not serve TLS; the sentence says what to do
 */
export async function makeServerTls(tls: TlsConfiguration, { clock, logger }: ServerTlsNeeds): Promise<ServerTls | undefined> {
  if (tls.mode === 'plaintext') {
    if (tls.force) logger.warn('The data port takes plain HTTP from other machines: it must stand behind a TLS terminator');
    return undefined;
  }
  const listeners = new Set<(context: TlsContext) => void>();
  const tell = (context: TlsContext): void => {
    for (const listener of listeners) listener(context);
  };
  const onChange = (listener: (context: TlsContext) => void): void => void listeners.add(listener);
  if (tls.mode === 'files') {
    const { certificate, key } = tls;
    const watch = await watchCertificates({ certificate, key, intervalMs: filesEveryMs, onChange: tell, clock, logger });
    return { ...watch, onChange };
  }

  const { directory } = tls;
  const ensure = async () => {
    const ensured = await ensureDevelopmentCertificate({ directory, clock });
    const { caPath, made } = ensured;
    if (made === 'authority')
      logger.warn('A new development CA was made: applications have to trust it before they can connect', { caPath });
    if (made === 'certificate') logger.info('A new development certificate for localhost was made', { caPath });
    return ensured;
  };
  const first = await ensure();
  let { context } = checkPair(first.certificate, first.key);
  const refresh = async (): Promise<boolean> => {
    const { certificate, key } = await ensure();
    if (certificate === context.cert) return false;
    context = checkPair(certificate, key).context;
    tell(context);
    return true;
  };
  const timer = setInterval(() => {
    refresh().catch((error: unknown) => logger.error('The development certificate could not be renewed', { error }));
  }, developmentEveryMs);
  timer.unref();
  return { current: () => context, onChange, refresh, close: () => clearInterval(timer), caPath: first.caPath };
}
