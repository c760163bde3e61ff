import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Refusal, refuse } from '../../errors.ts';
import { scanJson } from '../../json/scan.ts';
import type { Catalogue } from '../../vocabulary/catalogue.ts';
import type { LimitConfiguration } from '../../vocabulary/configuration.ts';
import type { Facts } from '../../vocabulary/facts.ts';
import type { IdentityChain } from '../../vocabulary/identity.ts';
import type { Accepted } from '../../vocabulary/request.ts';
import { announcesBody, takesNoBody } from './body-head.ts';
import type { makeContext } from './context/context.ts';
import { type InFlight, makeInFlight } from './in-flight.ts';
import { makeResolveModel } from './model.ts';
import { readParameters } from './parameters/read-parameters.ts';
import { makeReadBody } from './read-body.ts';
import { readRequestBody } from './request-body.ts';

/** Values in one body. Token arrays for embeddings are the largest honest use, at some hundred thousand. */
const mostValues = 1_000_000;

/**
 * Members of objects in one body: a conversation of ten thousand messages stays below. `JSON.parse` makes a shape for each new list of
 * names, so a million of them in 10 MB would stop the process for seconds, and every other caller with it.
 */
const mostMembers = 200_000;

export interface CollectNeeds {
  readonly catalogue: Catalogue;
  /** Gathers the circumstances. All doors share it. */
  readonly contextOf: ReturnType<typeof makeContext>;
  readonly limits: Pick<LimitConfiguration, 'bodyBytes' | 'inFlightBytes' | 'jsonDepth' | 'bodySeconds'>;
  /** The shared account of body bytes, where someone else wants to watch it too; made from `limits` otherwise. */
  readonly inFlight?: InFlight;
  /** Keyed hash of a body, for the record; `undefined` for one that is too large. */
  readonly fingerprint?: (body: Uint8Array) => string | undefined;
}

/**
 * Makes the fourth stage: reads the body and gathers what a policy may weigh.
 *
 * It runs after the caller is known, so nobody unknown can make the gateway hold a body. It refuses whatever could be read in two ways; what it
 * gives is true for every reader. The body's exact bytes are kept, since only spliced copies of them are ever sent.
 */
export function makeCollect(needs: CollectNeeds) {
  const { contextOf } = needs;
  const { bodyBytes, inFlightBytes, jsonDepth, bodySeconds } = needs.limits;
  const inFlight = needs.inFlight ?? makeInFlight(inFlightBytes);
  const readBody = makeReadBody({ limitBytes: bodyBytes, timeoutMs: bodySeconds * 1000, inFlight });
  const resolveModel = makeResolveModel(needs);
  const scanLimits = { maxDepth: jsonDepth, maxValues: mostValues, maxMembers: mostMembers };

  /** Collects the facts of one request, once; they serve all its attempts. Resolves when the body has been read. */
  return async function collect(
    accepted: Accepted,
    chain: IdentityChain,
    req: IncomingMessage,
    res: ServerResponse,
  ): Promise<Facts | Refusal> {
    if (takesNoBody(accepted)) {
      if (!announcesBody(accepted)) {
        const { facts: context, ignoredHeaders } = contextOf(accepted, chain);
        return { context, stream: false, sizeBytes: 0, ignoredHeaders };
      }
      res.shouldKeepAlive = false;
      return refuse('body.unexpected');
    }
    const bytes = await readBody(accepted, req, res);
    if (!Buffer.isBuffer(bytes)) return bytes;
    const scanned = scanJson(bytes, scanLimits);
    if ('problem' in scanned) return refuse(scanned.problem, { detail: `at byte ${scanned.offset}` });
    const body = readRequestBody(bytes, scanned);
    const model = resolveModel(accepted, body);
    if (typeof model === 'string') return refuse(model);
    const parameters = readParameters(accepted, body);
    if (typeof parameters === 'string') return refuse(parameters);
    const { facts: context, ignoredHeaders } = contextOf(accepted, chain);
    const fingerprint = needs.fingerprint?.(bytes);
    return {
      context,
      model,
      parameters: parameters.facts,
      stream: parameters.stream,
      sizeBytes: bytes.length,
      body,
      ...(fingerprint === undefined ? {} : { fingerprint }),
      ignoredHeaders,
    };
  };
}
