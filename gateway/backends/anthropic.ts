import type { Model } from '../vocabulary/catalogue.ts';
import { readAnthropicAnswers, readAnthropicEvents } from './anthropic-usage.ts';
import type { Dialect, ToldError } from './dialect.ts';
import { present } from './present.ts';
import { passer } from './response-headers.ts';

/** Statuses with a type of their own; every other 4xx is the request's fault, every other 5xx the server's. */
const types: ReadonlyMap<number, string> = new Map([
  [401, 'authentication_error'],
  [403, 'permission_error'],
  [404, 'not_found_error'],
  [413, 'request_too_large'],
  [429, 'rate_limit_error'],
  [504, 'timeout_error'],
]);

function describeError({ code, status, message, reasons, decisionId }: ToldError): object {
  return {
    type: 'error',
    error: {
      type: types.get(status) ?? (status < 500 ? 'invalid_request_error' : 'api_error'),
      message,
      details: { error_code: code, ...(reasons.length === 0 ? {} : { reasons }) },
    },
    request_id: decisionId,
  };
}

function describeModel(model: Model): object {
  return {
    type: 'model',
    id: model.id,
    display_name: model.id,
    created_at: new Date((model.created ?? 0) * 1000).toISOString(),
    lifecycle: 'active',
  };
}

/**
 * The Anthropic API.
 *
 * `anthropic-version` and `anthropic-beta` go on as the caller sent them: the first fixes the shape of the answer that the caller's SDK expects,
 * and the second announces the fields that the body may hold, which the gateway reads for itself.
 */
export const anthropic: Dialect = {
  protocol: 'anthropic',
  requestHeaders: ['anthropic-version', 'anthropic-beta'],
  requiredHeaders: { 'anthropic-version': '2023-06-01' },
  requestIdHeader: 'request-id',
  present,
  passes: passer(['request-id'], ['anthropic-ratelimit-']),
  answers: readAnthropicAnswers,
  events: readAnthropicEvents,
  error: (told) => JSON.stringify(describeError(told)),
  errorEvent: (told) => `event: error\ndata: ${JSON.stringify(describeError(told))}\n\n`,
  /** One whole page: `has_more` is false, so SDKs stop here. */
  listing: (models) =>
    JSON.stringify({
      data: models.map(describeModel),
      has_more: false,
      first_id: models[0]?.id ?? null,
      last_id: models.at(-1)?.id ?? null,
    }),
  single: (model) => JSON.stringify(describeModel(model)),
};
