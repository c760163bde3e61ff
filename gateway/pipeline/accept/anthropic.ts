import type { Route, RouteTable } from './route.ts';

/**
 * `?beta=true` marks calls through the SDKs' `beta` namespace. It changes nothing that the `anthropic-beta` header does not say, so it is taken
 * and not sent on.
 */
const betaMark = new Map([['beta', (value: string) => value === 'true']]);

/**
 * A listing is always one whole page (`has_more: false`), so a page size is harmless and a cursor means a page that the gateway never offered:
 * `after_id`, `before_id` and `lifecycle` are refused rather than ignored.
 */
const pageSize = new Map([...betaMark, ['limit', (value: string) => /^[1-9][0-9]{0,2}$|^1000$/.test(value)]]);

const messages: Route = { operation: 'chat', method: 'POST', upstreamPath: '/messages', query: betaMark };
const countTokens: Route = { operation: 'count-tokens', method: 'POST', upstreamPath: '/messages/count_tokens', query: betaMark };
const list: Route = { operation: 'models', method: 'GET', upstreamPath: '/models', query: pageSize };
const one: Route = { operation: 'models', method: 'GET', upstreamPath: '/models', query: betaMark };

/** The Anthropic endpoints. */
export const anthropicRoutes: RouteTable = {
  exact: new Map([
    ['/v1/messages', messages],
    ['/v1/messages/count_tokens', countTokens],
    ['/v1/models', list],
  ]),
  model: { prefix: '/v1/models/', route: one },
};
