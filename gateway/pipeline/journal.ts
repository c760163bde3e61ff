import type { Refusal } from '../errors.ts';
import type { ContentMark } from '../vocabulary/content.ts';
import type { Decision } from '../vocabulary/decision.ts';
import type { Facts } from '../vocabulary/facts.ts';
import type { IdentityChain } from '../vocabulary/identity.ts';
import type { Armed, Permit } from '../vocabulary/permit.ts';
import type { Attempt } from '../vocabulary/policy-input.ts';
import type { Accepted, Arrival } from '../vocabulary/request.ts';
import type { Story } from '../vocabulary/story.ts';

type Page = { -readonly [K in keyof Story]: Story[K] };

/**
 * What is known so far of one attempt. Each fact is written once: a second writing is a mistake in the pipeline and throws. It takes from every
 * stage's output only what a record may hold, so a secret has no way in.
 */
export interface Journal {
  accepted(head: Accepted): void;
  identified(chain: IdentityChain): void;
  collected(facts: Facts): void;
  decided(decision: Decision): void;
  permitted(permit: Permit): void;
  armed(armed: Armed): void;
  /** The caller's body has been kept. */
  kept(prompt: ContentMark): void;
  refused(refusal: Refusal): void;
  /** The decision has been handed to the record: from here on only its delivery is told. */
  recorded(): void;
  readonly isRecorded: boolean;
  /** A fresh page for the next attempt; it keeps what does not change between attempts. */
  turn(decisionId: string, attempt: Attempt): Journal;
  readonly story: Story;
}

export const firstAttempt: Attempt = { number: 1, previous: [] };

/** Opens the journal of a request. */
export function openJournal(arrival: Arrival, decisionId: string): Journal {
  return writePage({ arrival, decisionId, attempt: firstAttempt });
}

function writePage(page: Page): Journal {
  let isRecorded = false;
  function write<K extends keyof Story>(key: K, value: Page[K]): void {
    if (page[key] !== undefined) throw new TypeError(`the journal already knows ${key}`);
    page[key] = value;
  }
  return {
    accepted: (head) => write('operation', head.operation),
    identified: (chain) => write('chain', chain),
    collected: ({ stream, sizeBytes, fingerprint, ignoredHeaders, model }) =>
      write('request', {
        stream,
        sizeBytes,
        ...(fingerprint === undefined ? {} : { fingerprint }),
        ignoredHeaders,
        ...(model === undefined ? {} : { model: model.requested }),
      }),
    decided: (decision) => write('decision', decision),
    permitted: (permit) => {
      write('obligations', permit.obligations);
      if (permit.kind === 'forward') write('route', permit.route);
    },
    armed: (armed) => {
      if (armed.kind === 'forward') write('credential', armed.credential);
    },
    kept: (prompt) => write('prompt', prompt),
    refused: (refusal) => {
      write('refusal', refusal);
      if (refusal.obligations !== undefined && page.obligations === undefined) write('obligations', refusal.obligations);
    },
    recorded: () => {
      isRecorded = true;
    },
    get isRecorded() {
      return isRecorded;
    },
    turn: (decisionId, attempt) => {
      const next: Page = { arrival: page.arrival, decisionId, attempt };
      if (page.operation !== undefined) next.operation = page.operation;
      if (page.chain !== undefined) next.chain = page.chain;
      if (page.request !== undefined) next.request = page.request;
      return writePage(next);
    },
    get story() {
      return page;
    },
  };
}
