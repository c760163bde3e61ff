import type { Model } from '../vocabulary/catalogue.ts';
import type { Dialect, ToldError } from './dialect.ts';
import { readOpenaiAnswers, readOpenaiEvents } from './openai-usage.ts';
import { present } from './present.ts';
import { passer } from './response-headers.ts';

/** Statuses with a type of their own; every other 4xx is the request's fault, every other 5xx the server's. */
const types: ReadonlyMap<number, string> = new Map([
  [401, 'authentication_error'],
  [403, 'permission_error'],
  [429, 'rate_limit_error'],
]);

function describeError({ code, status, message, reasons, decisionId }: ToldError): object {
  return {
    error: {
      message,
      type: types.get(status) ?? (status < 500 ? 'invalid_request_error' : 'server_error'),
      param: null,
      code,
      ...(reasons.length === 0 ? {} : { reasons }),
      decision_id: decisionId,
    },
  };
}

function describeModel(model: Model): object {
  return { id: model.id, object: 'model', created: model.created ?? 0, owned_by: model.ownedBy ?? 'regate' };
}

/**
 * The OpenAI API.
 *
 * No header of the caller goes on. `openai-organization` and `openai-project` would choose who pays for the gateway's credential; `openai-beta`
 * switches features on that the policy did not hear of; and an `idempotency-key` would be shared with every other caller behind the same
 * credential, so that one could be given the answer to another's request.
 */
export const openai: Dialect = {
  protocol: 'openai',
  requestHeaders: [],
  requiredHeaders: {},
  requestIdHeader: 'x-request-id',
  present,
  passes: passer(['openai-processing-ms', 'openai-version'], ['x-ratelimit-']),
  answers: readOpenaiAnswers,
  events: readOpenaiEvents,
  error: (told) => JSON.stringify(describeError(told)),
  errorEvent: (told) => `data: ${JSON.stringify(describeError(told))}\n\n`,
  listing: (models) => JSON.stringify({ object: 'list', data: models.map(describeModel) }),
  single: (model) => JSON.stringify(describeModel(model)),
};
