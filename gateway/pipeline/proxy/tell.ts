import type { ServerResponse } from 'node:http';
import type { Dialects } from '../../backends/dialect.ts';
import type { ErrorCode, Refusal } from '../../errors.ts';
import type { Delivered, Outcome } from '../../vocabulary/delivered.ts';
import type { Arrival } from '../../vocabulary/request.ts';
import { clearHead, headOfOwn } from './answer-head.ts';
import { endLingering, hasUnreadBody } from './linger.ts';
import { tellable } from './told.ts';

/** Seconds after which it makes sense to come again, for what passes by itself. */
const retryAfter: ReadonlyMap<ErrorCode, number> = new Map([
  ['body.too-many-in-flight', 1],
  ['credential.issuer-unavailable', 5],
  ['credential.backend-unavailable', 5],
  ['record.unavailable', 5],
  ['upstream.rate-limited', 5],
  ['upstream.overloaded', 5],
]);

/** RFC 6750 section 3.1; a request without any credential is given no error code. */
const challenges: ReadonlyMap<ErrorCode, string> = new Map([
  ['credential.missing', 'Bearer realm="regate"'],
  ['credential.conflicting', 'Bearer realm="regate", error="invalid_request"'],
]);

/** Refusals that are told of something that went on at the backend, or in the gateway. */
const outcomes: ReadonlyMap<ErrorCode, Outcome> = new Map([
  ['upstream.unreachable', 'upstream-unreachable'],
  ['upstream.timeout', 'upstream-timeout'],
  ['upstream.broke-off', 'upstream-broke-off'],
  ['upstream.redirect', 'upstream-error'],
  ['upstream.credential-refused', 'upstream-error'],
  ['upstream.rate-limited', 'upstream-error'],
  ['upstream.overloaded', 'upstream-error'],
  ['upstream.failed', 'upstream-error'],
  ['gateway.error', 'gateway-error'],
]);

/**
 * Tells a caller that its request was refused, as an error of the dialect that it speaks. Where an answer has already begun, there is nothing
 * left to tell: the connection is broken, so that the part is not taken for the whole.
 */
export function tell(dialects: Dialects, refusal: Refusal, arrival: Arrival, decisionId: string, res: ServerResponse): Delivered {
  const outcome = outcomes.get(refusal.code) ?? 'refused';
  if (res.headersSent) {
    res.destroy();
    return { outcome, committed: true, bytesSent: 0, status: res.statusCode };
  }
  if (res.closed || res.destroyed) return { outcome: 'client-aborted', committed: false, bytesSent: 0 };
  const dialect = dialects[arrival.protocol];
  const told = tellable(refusal, decisionId);
  const body = Buffer.from(dialect.error(told));
  const headers = headOfOwn(dialect, decisionId, body);
  if (isFinal(refusal.code, told.status)) headers['x-should-retry'] = 'false';
  const seconds = retryAfter.get(refusal.code);
  if (seconds !== undefined) headers['retry-after'] = String(seconds);
  if (told.status === 401) headers['www-authenticate'] = challengeOf(refusal);
  if (told.status === 405) headers['allow'] = allowedMethod(arrival.path);
  const unread = hasUnreadBody(res.req);
  if (unread) headers['connection'] = 'close';
  clearHead(res);
  res.writeHead(told.status, headers);
  if (unread) endLingering(res.req, res, body);
  else res.end(body);
  return { outcome, committed: true, bytesSent: body.length, status: told.status };
}

/** RFC 6750 section 3, and RFC 9470 section 3 where another login is asked for. The values have passed a form that needs no quoting. */
function challengeOf({ code, challenge }: Refusal): string {
  if (challenge === undefined) return challenges.get(code) ?? 'Bearer realm="regate", error="invalid_token"';
  const { acrValues, maxAgeSeconds } = challenge;
  return [
    'Bearer realm="regate", error="insufficient_user_authentication", error_description="A stronger or a more recent login is required"',
    ...(acrValues.length === 0 ? [] : [`acr_values="${acrValues.join(' ')}"`]),
    ...(maxAgeSeconds === undefined ? [] : [`max_age="${maxAgeSeconds}"`]),
  ].join(', ');
}

/** SDKs send a request again after 408, 409, 429 and every 5xx. Nothing changes by that where the request or the policy is the reason. */
function isFinal(code: ErrorCode, status: number): boolean {
  return code.startsWith('policy.') || (status < 500 && !code.startsWith('upstream.'));
}

/** Each endpoint has exactly one method (RFC 9110 section 15.5.6 wants it named). */
function allowedMethod(path: string): 'GET' | 'POST' {
  return /^\/v1\/models(\/|$)/.test(path) ? 'GET' : 'POST';
}
