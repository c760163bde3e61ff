import { type Refusal, refuse } from '../../errors.ts';
import type { LogQuery, StatisticsBy } from '../../vocabulary/search.ts';

export interface WantedLog {
  readonly query: LogQuery;
  readonly limit?: number;
  readonly cursor?: string;
  readonly by?: StatisticsBy;
}

const texts = ['principal', 'token', 'model', 'code', 'revision', 'backend', 'action', 'id'] as const;
const others: ReadonlySet<string> = new Set([...texts, 'decision', 'since', 'until', 'limit', 'cursor', 'by']);
const ways: ReadonlySet<string> = new Set<StatisticsBy>(['principal', 'model', 'code', 'revision', 'backend', 'action', 'decision', 'day']);

/**
 * Reads what is looked for from the query of a URL: `principal`, `token`, `model`, `code`, `revision`, `backend`, `action`, `decision`, `id`, `since` and `until`
 * (RFC 3339, or a date), `limit`, `cursor`, `by`. A parameter that is not known, or comes twice, is refused: leaving it out would show more than was asked for.
 */
export function readLogQuery(parameters: URLSearchParams): WantedLog | Refusal {
  const wrong = (name: string) => refuse('admin.malformed', { detail: `the parameter ${name}` });
  const given = new Map<string, string>();
  for (const [name, value] of parameters) {
    if (!others.has(name)) return refuse('admin.malformed', { detail: 'a parameter that the door does not have' });
    if (given.has(name) || value === '' || value.length > 256) return wrong(name);
    given.set(name, value);
  }
  const decision = given.get('decision');
  if (decision !== undefined && decision !== 'allow' && decision !== 'deny' && decision !== 'error') return wrong('decision');
  const since = readTime(given.get('since'));
  const until = readTime(given.get('until'));
  if (since === 'wrong') return wrong('since');
  if (until === 'wrong') return wrong('until');
  const limit = given.get('limit');
  if (limit !== undefined && !/^[1-9]\d{0,3}$/.test(limit)) return wrong('limit');
  const cursor = given.get('cursor');
  if (cursor !== undefined && !/^\d{1,15}\.\d{1,15}$/.test(cursor)) return wrong('cursor');
  const by = given.get('by');
  if (by !== undefined && !ways.has(by)) return wrong('by');
  return {
    query: {
      ...Object.fromEntries(texts.flatMap((name) => (given.has(name) ? [[name, given.get(name)]] : []))),
      ...(decision === undefined ? {} : { decision }),
      ...(since === undefined ? {} : { since }),
      ...(until === undefined ? {} : { until }),
    },
    ...(limit === undefined ? {} : { limit: Number(limit) }),
    ...(cursor === undefined ? {} : { cursor }),
    ...(by === undefined ? {} : { by: by as StatisticsBy }),
  };
}

/** RFC 3339, or a date, which is its first moment in UTC. */
function readTime(text: string | undefined): number | undefined | 'wrong' {
  if (text === undefined) return undefined;
  if (!/^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2}))?$/.test(text)) return 'wrong';
  const at = Date.parse(text);
  return Number.isNaN(at) ? 'wrong' : at;
}
