/** A way in which the demo upstream can misbehave. */
export type Fault =
  /** Answers with this status and an error body. */
  | { readonly kind: 'status'; readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string }
  /** Takes the request and never answers. */
  | { readonly kind: 'hang' }
  /** Closes the connection instead of answering. */
  | { readonly kind: 'reset' }
  /** Closes the connection after this many frames of a stream, or halfway through a JSON answer. */
  | { readonly kind: 'die'; readonly frames: number }
  /** Falls silent after this many frames. */
  | { readonly kind: 'stall'; readonly frames: number }
  /** Sends these bytes, as the pieces are cut, instead of an answer of its own. */
  | { readonly kind: 'raw'; readonly headers: Readonly<Record<string, string>>; readonly pieces: readonly (string | Uint8Array)[] };

const prefix = 'demo-fault-';

/** The fault that a model's name asks for, e.g. `demo-fault-503` or `demo-fault-die`, so that anybody can see how the gateway takes it. */
export function faultOf(model: string): Fault | undefined {
  if (!model.startsWith(prefix)) return undefined;
  const kind = model.slice(prefix.length);
  switch (kind) {
    case 'hang':
    case 'reset':
      return { kind };
    case 'die':
    case 'stall':
      return { kind, frames: 3 };
    case 'redirect':
      return { kind: 'status', status: 307, headers: { location: 'http://127.0.0.1:9/elsewhere' } };
  }
  const status = /^[45]\d\d$/.test(kind) ? Number(kind) : undefined;
  return status === undefined ? undefined : { kind: 'status', status };
}
