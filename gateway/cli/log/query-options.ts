import { type Command, InvalidArgumentError, Option } from 'commander';
import type { LogQuery } from '../../vocabulary/search.ts';
import { defaultDirectory } from './default-directory.ts';

/** What the commands that search have in common. */
export interface QueryOptions {
  readonly directory: string;
  readonly index?: string;
  readonly principal?: string;
  readonly person?: string;
  readonly token?: string;
  readonly model?: string;
  readonly code?: string;
  readonly revision?: string;
  readonly backend?: string;
  readonly action?: string;
  readonly decision?: 'allow' | 'deny' | 'error';
  readonly since?: number;
  readonly until?: number;
  readonly day?: string;
}

const dayMs = 86_400_000;

export function withQuery(command: Command): Command {
  return command
    .option('--directory <dir>', 'where the segments are', defaultDirectory)
    .option('--index <file>', 'the index; search.db beside the segments, unless given')
    .option('--person <id>', "where this id stands in the chain: a person's, a service's, an agent's, a key holder's, e.g. okta:00u1")
    .option('--token <id>', 'where this token, key or certificate was presented')
    .option('--model <id>', 'where this model was asked for or sent')
    .option('--code <code>', 'with this code of a refusal or a reason')
    .option('--revision <revision>', 'decided by this revision of the policy')
    .option('--backend <id>', 'sent to this backend')
    .option('--action <action>', 'an administrative action, e.g. keys.create, or keys.* for all below')
    .addOption(new Option('--decision <decision>', 'how it was decided').choices(['allow', 'deny', 'error']))
    .option('--since <time>', 'from here on: RFC 3339, a date, or a span back such as 24h', readTime)
    .option('--until <time>', 'before this: RFC 3339, a date, or a span back such as 1h', readTime)
    .option('--day <date>', 'on this day (UTC), e.g. 2026-03-02');
}

/** The question that the options make. */
export function readQuery({ person, token, model, code, revision, backend, action, decision, since, until, day }: QueryOptions): LogQuery {
  const from = day === undefined ? since : readTime(day);
  const to = day === undefined ? until : readTime(day) + dayMs;
  return {
    ...(person === undefined ? {} : { principal: person }),
    ...Object.fromEntries(
      Object.entries({ token, model, code, revision, backend, action, decision }).filter(([, value]) => value !== undefined),
    ),
    ...(from === undefined ? {} : { since: from }),
    ...(to === undefined ? {} : { until: to }),
  };
}

const units: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: dayMs, w: 7 * dayMs };

/** Reads a time. @returns milliseconds since the epoch */
export function readTime(text: string): number {
  const [, count, unit] = /^(\d{1,6})([mhdw])$/.exec(text) ?? [];
  if (count !== undefined && unit !== undefined) return Date.now() - Number(count) * (units[unit] ?? 0);
  const at = /^\d{4}-\d{2}-\d{2}(T.*)?$/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(at)) throw new InvalidArgumentError('Expected an RFC 3339 time, a date such as 2026-03-02, or a span back such as 24h.');
  return at;
}
