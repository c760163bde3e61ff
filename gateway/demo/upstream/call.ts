/** One call, as the speakers of the dialects see it. */
export interface Call {
  readonly body: Readonly<Record<string, unknown>>;
  readonly model: string;
  /** Makes ids unique and predictable. */
  readonly serial: number;
  /** Unix seconds. */
  readonly created: number;
}

/** What goes back: one JSON text, or the frames of a stream. */
export type Reply =
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly json: string }
  | { readonly frames: readonly string[] };

/** A positive whole number, where the body has one under this name. */
export function readLimit(call: Call, ...names: readonly string[]): number | undefined {
  for (const name of names) {
    const value = call.body[name];
    if (typeof value === 'number' && Number.isInteger(value) && value > 0) return value;
  }
  return undefined;
}

/** A member of something that may be an object. */
export function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

/** The name of the tool that the request makes the model call: the one that `tool_choice` names, or the first where it asks for any. */
export function forcedTool(call: Call): string | undefined {
  const { tool_choice: choice, tools } = call.body;
  if (!Array.isArray(tools)) return undefined;
  const named = member(member(choice, 'function'), 'name') ?? member(choice, 'name');
  if (typeof named === 'string') return named;
  if (choice !== 'required' && member(choice, 'type') !== 'any') return undefined;
  const first: unknown = tools[0];
  const name = member(member(first, 'function'), 'name') ?? member(first, 'name');
  return typeof name === 'string' ? name : undefined;
}

export function frame(data: object, event?: string): string {
  return event === undefined ? `data: ${JSON.stringify(data)}\n\n` : `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}
