import type { Arrival } from '../../vocabulary/request.ts';

/** version "-" trace-id "-" parent-id "-" trace-flags, then what a later version may add after another dash. */
const form = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const longest = 256;

/**
 * Reads a `traceparent` (W3C Trace Context, section 3.2). A value that is not valid is as good as none: it must not fail the request.
 *
 * @param value the header's value; `undefined` where the header is absent or was sent more than once
 */
export function readTrace(value: string | undefined): Arrival['trace'] {
  if (value === undefined || value.length > longest) return undefined;
  const match = form.exec(value);
  const [, version, traceId, spanId, flags, rest] = match ?? [];
  if (version === undefined || traceId === undefined || spanId === undefined || flags === undefined || version === 'ff') return undefined;
  // Version 00 is exactly as long as its four fields; only later versions may add to it (section 3.2.4).
  if (version === '00' && rest !== undefined) return undefined;
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined;
  // Section 3.2.2.3: the lowest bit says that the caller keeps the trace.
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & 1) === 1 };
}
