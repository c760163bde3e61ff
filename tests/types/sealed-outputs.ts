/*
 * These lines are compiled and never run. Each `@ts-expect-error` is a promise of the types: where the line below it compiles, the promise is
 * broken, and the compiler says so.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { makeInject } from '../../gateway/pipeline/inject/inject.ts';
import type { Journal } from '../../gateway/pipeline/journal.ts';
import type { ProxyStage } from '../../gateway/pipeline/proxy/proxy.ts';
import type { Decision } from '../../gateway/vocabulary/decision.ts';
import type { Facts } from '../../gateway/vocabulary/facts.ts';
import type { Armed, ArmedForward, ForwardPermit, ListingPermit, Permit } from '../../gateway/vocabulary/permit.ts';
import type { Accepted } from '../../gateway/vocabulary/request.ts';
import type { Secret } from '../../gateway/vocabulary/secret.ts';
import type { Story } from '../../gateway/vocabulary/story.ts';

declare const decision: Decision;
declare const permit: Permit;
declare const forward: ForwardPermit;
declare const armed: Armed;
declare const accepted: Accepted;
declare const proxy: ProxyStage;
declare const stage: ReturnType<typeof makeInject>;
declare const journal: Journal;
declare const req: IncomingMessage;
declare const res: ServerResponse;
declare const secret: Secret;
declare const facts: Facts;

// @ts-expect-error a decision is not a permit
export const decisionAsPermit: Permit = decision;

// @ts-expect-error a permit is not armed
export const permitAsArmed: Armed = permit;

// @ts-expect-error a permit that is written by hand lacks its seal
export const handMadePermit: ForwardPermit = {
  kind: 'forward',
  decision,
  protocol: 'openai',
  operation: 'chat',
  obligations: [],
  route: { backend: 'b', model: 'm', upstreamModel: 'm', credential: 'c' },
  method: 'POST',
  path: '/chat/completions',
  stream: false,
  dropUsageChunk: false,
  headers: {},
};

// @ts-expect-error so does a listing
export const handMadeListing: ListingPermit = {
  kind: 'listing',
  decision,
  protocol: 'openai',
  operation: 'models',
  obligations: [],
  models: [],
  single: false,
};

// @ts-expect-error an armed request that is written by hand lacks its seal
export const handMadeArmed: ArmedForward = {
  kind: 'forward',
  permit: forward,
  target: new URL('https://backend.example/v1/chat/completions'),
  headers: {},
  credential: { kind: 'credential', id: 'c', version: '1' },
};

/** The seal cannot be named outside of its file, so it cannot be written either. */
// @ts-expect-error the seals are not exported
export type Seal = typeof import('../../gateway/vocabulary/permit.ts').permitSeal;

export function forwarding(): void {
  void proxy.carry(armed, req, res, 'id');
  // @ts-expect-error forwarding takes an armed request, not a permit
  void proxy.carry(permit, req, res, 'id');
  // @ts-expect-error nor a decision
  void proxy.carry(decision, req, res, 'id');
  // @ts-expect-error nor nothing
  void proxy.carry(undefined, req, res, 'id');
  // @ts-expect-error nor what may be a refusal
  void stage.inject(permit, accepted).then((outcome) => proxy.carry(outcome, req, res, 'id'));
  // @ts-expect-error arming takes a permit, not a decision
  void stage.inject(decision, accepted);
}

export function journalling(): void {
  journal.armed(armed);
  // @ts-expect-error the journal takes down what was accepted, not a credential
  journal.accepted(secret);
  // @ts-expect-error the story cannot be written from outside
  journal.story.operation = 'chat';
  // @ts-expect-error the story has no head: credentials stand in it
  void journal.story.accepted;
  // @ts-expect-error nor the armed request: the backend's secret stands in it
  void journal.story.armed;
  // @ts-expect-error nor the facts: the body stands in them
  void journal.story.facts;
  void facts;
}

/** Whether a secret, an armed request or a body stands anywhere in a type, looked for eight levels deep. */
type Holds<T, Depth extends readonly unknown[] = []> = Depth['length'] extends 8
  ? false
  : T extends Secret | Armed | Accepted | Uint8Array
    ? true
    : T extends string | number | boolean | bigint | symbol | null | undefined | ((...args: never[]) => unknown)
      ? false
      : T extends readonly (infer Each)[]
        ? Holds<Each, [...Depth, 0]>
        : true extends { [Key in keyof T]-?: Holds<T[Key], [...Depth, 0]> }[keyof T]
          ? true
          : false;

/** The journal has no key for a secret, at any depth; and the search finds one where there is one. */
export const storyHoldsNoSecret: true extends Holds<Story> ? false : true = true;
export const searchFindsSecrets: true extends Holds<{ readonly a: { readonly b?: readonly Accepted[] } }> ? true : false = true;
