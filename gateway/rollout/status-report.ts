import type { BundleStatus } from '../vocabulary/bundles.ts';
import type { Logger } from '../vocabulary/logger.ts';
import { describeFailure } from './feed.ts';
import type { HttpClient } from './http/client.ts';

export interface StatusReportNeeds {
  /** Where the status is posted to. */
  readonly url: string;
  readonly call: HttpClient;
  readonly everySeconds: number;
  /** Which gateway it is: OPA's `id` and `version` among them. */
  readonly labels: Readonly<Record<string, string>>;
  readonly status: () => { readonly bundles: Readonly<Record<string, BundleStatus>> };
  readonly logger: Logger;
  /** Calls once, later. @returns what calls it off */
  readonly after?: (ms: number, run: () => void) => () => void;
}

export interface StatusReport {
  /** Reports now, and then regularly. */
  start(): void;
  /** Something has changed that is worth telling at once. */
  changed(): void;
  stop(): void;
}

/** The answer is not read. */
const maxAnswerBytes = 64 * 1024;

/**
 * Makes the reports of OPA's status API: a POST with the labels and how each bundle fares, at every change and regularly. A report that cannot be
 * delivered is superseded by the next one, and told once.
 */
export function makeStatusReport(needs: StatusReportNeeds): StatusReport {
  const { url: text, call, everySeconds, labels, status, logger, after = afterMs } = needs;
  const url = new URL(text);
  const abort = new AbortController();
  let sending: Promise<void> | undefined;
  let again = false;
  let failing = false;
  let cancel: (() => void) | undefined;

  async function send(): Promise<void> {
    const body = JSON.stringify({ labels, bundles: status().bundles });
    try {
      const headers = { 'content-type': 'application/json' };
      const answer = await call({ url, method: 'POST', headers, body, maxBytes: maxAnswerBytes, signal: abort.signal });
      if (answer.status >= 300) throw new Error(`${url.host} answered ${answer.status}`);
      if (failing) logger.info('The status service takes reports again', { service: url.host });
      failing = false;
    } catch (cause) {
      if (abort.signal.aborted) return;
      const { message } = cause instanceof Error && cause.name === 'Error' ? cause : describeFailure(cause, 'unreachable');
      if (!failing) logger.warn('The status of the bundles cannot be reported; it will be tried again', { service: url.host, message });
      failing = true;
    }
  }

  function report(): void {
    if (abort.signal.aborted) return;
    if (sending !== undefined) {
      again = true;
      return;
    }
    cancel?.();
    sending = send().finally(() => {
      sending = undefined;
      if (abort.signal.aborted) return;
      if (again) {
        again = false;
        report();
      } else cancel = after(everySeconds * 1000, report);
    });
  }

  return {
    start: report,
    changed: report,
    stop() {
      abort.abort();
      cancel?.();
    },
  };
}

function afterMs(ms: number, run: () => void): () => void {
  const timer = setTimeout(run, ms);
  timer.unref();
  return () => clearTimeout(timer);
}
