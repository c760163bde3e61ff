import type { ServerResponse } from 'node:http';
import type { Dialects } from '../../backends/dialect.ts';
import type { Delivered } from '../../vocabulary/delivered.ts';
import type { ListingPermit } from '../../vocabulary/permit.ts';
import { clearHead, headOfOwn } from './answer-head.ts';

/** Answers a models listing from the permit: the backends are not asked, since their listings know nothing of the policy. */
export function answerListing(dialects: Dialects, permit: ListingPermit, decisionId: string, res: ServerResponse): Delivered {
  if (res.closed || res.destroyed) return { outcome: 'client-aborted', committed: false, bytesSent: 0 };
  const dialect = dialects[permit.protocol];
  const [first] = permit.models;
  const body = Buffer.from(permit.single && first !== undefined ? dialect.single(first) : dialect.listing(permit.models));
  clearHead(res);
  res.writeHead(200, headOfOwn(dialect, decisionId, body));
  res.end(body);
  return { outcome: 'completed', committed: true, bytesSent: body.length, status: 200 };
}
