import type { Route, RouteTable } from './route.ts';

const post = (operation: Route['operation'], upstreamPath: string): Route => ({ operation, method: 'POST', upstreamPath });
const models: Route = { operation: 'models', method: 'GET', upstreamPath: '/models' };

/** The OpenAI endpoints. The SDK sends no query to any of them; parameters are in the body. */
export const openaiRoutes: RouteTable = {
  exact: new Map([
    ['/v1/chat/completions', post('chat', '/chat/completions')],
    ['/v1/completions', post('completions', '/completions')],
    ['/v1/responses', post('responses', '/responses')],
    ['/v1/embeddings', post('embeddings', '/embeddings')],
    ['/v1/models', models],
  ]),
  model: { prefix: '/v1/models/', route: models },
};
