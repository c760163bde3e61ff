import type { ErrorCode } from '../../errors.ts';
import type { Accepted } from '../../vocabulary/request.ts';

/** The operations of which the request carries no body. */
export function takesNoBody(accepted: Accepted): boolean {
  return accepted.operation === 'models';
}

/** Whether the head announces a body (RFC 9112 section 6.3): a length above zero, or a transfer coding. */
export function announcesBody({ announcedBytes, headers }: Accepted): boolean {
  return (announcedBytes ?? 0) > 0 || headers.has('transfer-encoding');
}

/**
 * What the head says of the body, judged before a byte of it is read: it must be there, within the limit, JSON, and in no coding. A coded body is
 * refused because policy would judge one document and a backend that decodes otherwise would act on another.
 */
export function bodyHeadProblem(accepted: Accepted, limitBytes: number): ErrorCode | undefined {
  if (!announcesBody(accepted)) return 'body.missing';
  const { headers } = accepted;
  const encodings = headers.get('content-encoding');
  if (encodings?.some((value) => value.toLowerCase() !== 'identity')) return 'body.encoded';
  const transfer = headers.get('transfer-encoding');
  if (transfer !== undefined && (transfer.length !== 1 || transfer[0]?.toLowerCase() !== 'chunked')) return 'body.encoded';
  const types = headers.get('content-type');
  if (types?.length !== 1 || !isJson(types[0] ?? '')) return 'body.not-json';
  if ((accepted.announcedBytes ?? 0) > limitBytes) return 'body.too-large';
  return undefined;
}

/** `application/json`, with no parameter but `charset=utf-8` (RFC 8259 section 11 defines none; SDKs and proxies add this one). */
function isJson(contentType: string): boolean {
  return contentType === 'application/json' || /^application\/json[ \t]*(;[ \t]*charset=("utf-8"|utf-8)[ \t]*)?$/i.test(contentType);
}
