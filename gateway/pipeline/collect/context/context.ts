import { type Address, makeRanges, readAddress } from '../../../addresses/address.ts';
import type { ContextConfiguration } from '../../../vocabulary/configuration.ts';
import type { ContextFacts } from '../../../vocabulary/facts.ts';
import type { IdentityChain } from '../../../vocabulary/identity.ts';
import type { Headed } from '../../../vocabulary/request.ts';
import { makeAssertedHeaders } from './asserted-headers.ts';
import { makeDevice } from './device.ts';
import { type FindPlace, makeLocation } from './location.ts';
import { session as sessionOf } from './session.ts';
import { makeTime } from './time.ts';

/** Peers whose address has been read and compared lately. */
const mostPeers = 1024;

export interface ContextNeeds {
  readonly context: ContextConfiguration;
  /** CIDRs of the proxies whose context headers count. */
  readonly trustedProxies: readonly string[];
  /** The operator's own tables of addresses. */
  readonly findPlace?: FindPlace;
}

export interface Context {
  readonly facts: ContextFacts;
  readonly ignoredHeaders: readonly string[];
}

/** Gathers the circumstances of a request, each on its evidence; what is not known is absent. */
export function makeContext({ context, trustedProxies, findPlace }: ContextNeeds) {
  const isTrusted = makeRanges(trustedProxies);
  const asserted = makeAssertedHeaders(context);
  const deviceOf = makeDevice(context);
  const locationOf = makeLocation(context, isTrusted, findPlace);
  const timeOf = makeTime(context);
  const peers = new Map<string, { readonly address: Address; readonly trusted: boolean } | undefined>();

  function peerOf(text: string) {
    if (peers.has(text)) return peers.get(text);
    const read = readAddress(text);
    // The unspecified address stands for a socket whose other end has gone: a place that nobody is in.
    const address = read?.parsed.range() === 'unspecified' ? undefined : read;
    const peer = address === undefined ? undefined : { address, trusted: isTrusted(address) };
    if (peers.size >= mostPeers) peers.clear();
    peers.set(text, peer);
    return peer;
  }

  return function contextOf(accepted: Headed, chain: IdentityChain): Context {
    const peer = peerOf(accepted.peer.address);
    const trusted = peer?.trusted === true;
    const { header, ignored } = asserted(accepted, trusted);
    const device = deviceOf(chain, header);
    const location = peer === undefined ? undefined : locationOf(accepted, peer.address, trusted, header);
    const session = sessionOf(chain);
    const facts: ContextFacts = {
      ...(device !== undefined && { device }),
      ...(location !== undefined && { location }),
      ...(session !== undefined && { session }),
      time: timeOf(accepted.receivedAt),
    };
    return { facts, ignoredHeaders: [...ignored, ...(accepted.ignoredFields ?? [])] };
  };
}
