import type { Clock } from '../vocabulary/clock.ts';
import type { TlsConfiguration } from '../vocabulary/configuration.ts';
import type { Logger } from '../vocabulary/logger.ts';
import { type AskingOptions, askForCertificates } from './ask-for-certificates.ts';
import { watchCertificates } from './certificates.ts';
import { ensureDevelopmentCertificate } from './development-ca.ts';
import { checkPair, type TlsContext } from './pair.ts';

export interface ServerTlsNeeds {
  readonly clock: Clock;
  readonly logger: Logger;
  /** PEM files of the authorities whose certificates callers may present; absent where none is asked for. */
  readonly clientAuthorities?: readonly string[];
}

/** A context, and how to ask callers for certificates where they are asked. Pass it whole, as the context itself. */
export type AskingContext = TlsContext & Partial<AskingOptions>;

export interface ServerTls {
  current(): AskingContext;
  /** Hears of each new context, for `server.setSecureContext`. */
  onChange(listener: (context: AskingContext) => void): void;
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
export async function makeServerTls(tls: TlsConfiguration, needs: ServerTlsNeeds): Promise<ServerTls | undefined> {
  const { clock, logger, clientAuthorities } = needs;
  if (tls.mode === 'plaintext') {
    if (tls.force) logger.warn('The data port takes plain HTTP from other machines: it must stand behind a TLS terminator');
    return undefined;
  }
  const listeners = new Set<(context: AskingContext) => void>();
  const asking = (context: TlsContext): AskingContext =>
    clientAuthorities === undefined ? context : { ...context, ...askForCertificates(clientAuthorities, logger) };
  const tell = (context: TlsContext): void => {
    for (const listener of listeners) listener(asking(context));
  };
  const onChange = (listener: (context: AskingContext) => void): void => void listeners.add(listener);
  if (tls.mode === 'files') {
    const { certificate, key } = tls;
    const watch = await watchCertificates({ certificate, key, intervalMs: filesEveryMs, onChange: tell, clock, logger });
    return { ...watch, current: () => asking(watch.current()), onChange };
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
  return { current: () => asking(context), onChange, refresh, close: () => clearInterval(timer), caPath: first.caPath };
}
