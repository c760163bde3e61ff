import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { connect, type TLSSocket } from 'node:tls';
import type { SyslogSink } from '../vocabulary/sinks.ts';
import { describeBreak } from './describe-break.ts';
import { makeFormat } from './formats/format.ts';
import { DeliveryFailure, type Sender } from './sender.ts';
import { writeSyslogMessage } from './syslog-message.ts';

export interface SyslogNeeds {
  readonly configuration: Pick<SyslogSink, 'host' | 'port' | 'ca' | 'certificate' | 'key' | 'timeoutMs' | 'format'>;
  readonly hostname?: string;
}

/** Beside a handshake that took no time. */
const shortestWaitMs = 20;

/**
 * Makes the sender for syslog over TLS (RFC 5425: octet counting; RFC 5424: the message). Syslog confirms nothing, so each batch has a connection of its
 * own, and counts as delivered when the receiver has closed it in good order after our end: it has then read up to there.
 */
export function makeSyslogSender({ configuration, hostname: host = hostname() }: SyslogNeeds): Sender {
  const { timeoutMs } = configuration;
  const format = makeFormat(configuration.format);

  function open(): TLSSocket {
    const { host: name, port, ca, certificate, key } = configuration;
    return connect({
      ...{ host: name, port, servername: /^[0-9.]+$|:/.test(name) ? '' : name, minVersion: 'TLSv1.2' },
      ...(ca !== undefined && { ca: readFileSync(ca) }),
      ...(certificate !== undefined && key !== undefined && { cert: readFileSync(certificate), key: readFileSync(key) }),
    });
  }

  function deliver(frames: Buffer, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const began = performance.now();
      const socket = open();
      let ending = false;
      let timer: NodeJS.Timeout | undefined;
      const stop = (): void => void socket.destroy(new Error('the delivery was called off'));
      signal.addEventListener('abort', stop, { once: true });
      socket.on('secureConnect', () => {
        // A receiver that went before it had read shows within one way there and back. Until then our end is held back, or its end could be taken for an
        // answer to ours. The handshake took at least that long.
        const wait = Math.max(shortestWaitMs, performance.now() - began);
        socket.write(frames, () => {
          timer = setTimeout(() => {
            ending = true;
            socket.end();
          }, wait);
        });
      });
      socket.on('end', () => {
        if (!ending) socket.destroy(new Error('the receiver ended before the messages did'));
      });
      socket.on('error', reject);
      // What a receiver says (some send a banner) means nothing here.
      socket.resume();
      socket.on('close', () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', stop);
        // Where there was an error, that has been told.
        if (ending) resolve();
        else reject(new Error('the connection ended before the messages did'));
      });
    });
  }

  return {
    reads: 'entries',
    async send(lines, signal) {
      const frames = Buffer.concat(
        lines.flatMap((line) => (line.entry === undefined ? [] : [writeSyslogMessage(line.entry, format.write(line), host)])),
      );
      const deadline = AbortSignal.timeout(timeoutMs);
      try {
        await deliver(frames, AbortSignal.any([deadline, signal]));
      } catch (cause) {
        if (deadline.aborted) throw new DeliveryFailure('timeout', 'the receiver did not take the messages in time', { cause });
        throw describeBreak(cause);
      }
    },
    async close() {},
  };
}
