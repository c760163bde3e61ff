import type { ErrorCode } from '../errors.ts';
import type { Backend, Model } from '../vocabulary/catalogue.ts';
import type { Usage } from '../vocabulary/delivered.ts';
import type { Operation, Protocol } from '../vocabulary/request.ts';

/** What an answer says about itself. A part that it does not tell, or tells in a way that cannot be trusted, is absent. */
export interface Reading {
  readonly usage?: Usage;
  /** The model that the answer names. */
  readonly model?: string;
  readonly finishReason?: string;
  /** The backend reported a failure inside a stream that had begun with success. */
  readonly failed?: boolean;
}

/** Reads a whole JSON answer through a few of its members, so that nobody needs to hold or parse the rest. */
export interface AnswerReader {
  /** Dotted paths of the members to pick out, at most three steps deep; a number is a position in an array. */
  readonly paths: readonly string[];
  /** @param members what was found, by path */
  read(members: ReadonlyMap<string, unknown>): Reading;
}

/** Bytes that tell an event worth parsing from the many that are not. */
export interface Marker {
  /** ASCII text, e.g. `"usage"`. */
  readonly text: string;
  /** The first byte of the member's value; absent where the text alone is enough. */
  readonly opens?: '{' | '"';
}

/** Reads a stream of events; one per answer, it keeps what it has seen. */
export interface EventReader {
  readonly markers: readonly Marker[];
  /** Dotted paths of all that `see` looks at, as in `AnswerReader`: an event too large to be parsed is seen through them alone. */
  readonly paths: readonly string[];
  /** @param event the parsed `data` of an event that holds a marker */
  see(event: unknown): void;
  /** What is known so far. */
  read(): Reading;
}

/** An error as a caller hears it. Every part of it is public. */
export interface ToldError {
  readonly code: ErrorCode;
  readonly status: number;
  readonly message: string;
  /** The reasons that the policy marks as public. */
  readonly reasons: readonly string[];
  readonly decisionId: string;
}

/** How one provider's API is spoken: all that differs between providers and that the gateway needs to know. */
export interface Dialect {
  readonly protocol: Protocol;
  /** Header names of a caller (lower-case) that may go on to the backend. */
  readonly requestHeaders: readonly string[];
  /** Headers that the backend requires, with the values that are sent where the caller gave none. */
  readonly requiredHeaders: Readonly<Record<string, string>>;
  /** The response header with the provider's own id of the request. */
  readonly requestIdHeader: string;

  /** The header that shows the credential to the backend. */
  present(auth: Backend['auth'], secret: string): readonly [name: string, value: string];
  /** May this response header (lower-case) reach the caller? */
  passes(header: string): boolean;
  /** The reader for a JSON answer; `undefined` where the operation's answers say nothing of interest. */
  answers(operation: Operation): AnswerReader | undefined;
  /** A fresh reader for a stream of events; `undefined` where the operation does not stream. */
  events(operation: Operation): EventReader | undefined;
  /** A JSON body in the shape that the provider's SDK turns into its own error. */
  error(told: ToldError): string;
  /** The same as an event in a stream that has begun. */
  errorEvent(told: ToldError): string;
  /** The JSON body of a models listing. */
  listing(models: readonly Model[]): string;
  /** The JSON body about one model. */
  single(model: Model): string;
}

export type Dialects = Readonly<Record<Protocol, Dialect>>;
