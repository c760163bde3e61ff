import { longText } from '../../json/scan.ts';
import { type Edit, splice } from '../../json/splice.ts';
import type { RequestBody } from '../../vocabulary/body.ts';
import type { ToolFact } from '../../vocabulary/facts.ts';
import type { Operation, Protocol } from '../../vocabulary/request.ts';

export interface DraftNeeds {
  readonly protocol: Protocol;
  readonly operation: Operation;
  readonly body: RequestBody;
  /** Every tool of the request, as the policy saw them. */
  readonly tools: readonly ToolFact[];
}

/**
 * The request as it is being changed. Obligations read and write it in turn; it keeps one edit for each top-level member of the body and splices
 * them in at the end, so what nobody changed goes out byte for byte as it came.
 */
export class Draft {
  readonly protocol: Protocol;
  readonly operation: Operation;
  readonly tools: readonly ToolFact[];
  /** Indexes of the `tools` that have been taken out. */
  readonly stripped = new Set<number>();
  readonly headers = new Map<string, string>();
  timeoutMs: number | undefined;
  readonly #body: RequestBody;
  readonly #edits = new Map<string, Edit>();
  readonly #changed = new Map<string, unknown>();
  readonly #gone = new Map<string, Set<number>>();
  readonly #fixed = new Set<string>();

  constructor({ protocol, operation, body, tools }: DraftNeeds) {
    this.protocol = protocol;
    this.operation = operation;
    this.tools = tools;
    this.#body = body;
  }

  /** The member's value as it stands now; `undefined` where it is absent. */
  value(name: string): unknown {
    return this.#changed.has(name) ? this.#changed.get(name) : this.#asItCame(name);
  }

  /** The elements of a member's array as it came; empty where it is no array. */
  elements(name: string): readonly unknown[] {
    const value = this.#asItCame(name);
    return Array.isArray(value) ? (value as readonly unknown[]) : [];
  }

  /** The member's value as it came. The outline has it exactly where no long text fits into its bytes. */
  #asItCame(name: string): unknown {
    const { members, outline } = this.#body;
    const span = members.get(name);
    if (span === undefined) return undefined;
    return span.valueEnd - span.valueStart <= longText ? outline[name] : this.#body.value[name];
  }

  /** Whether an element of a member's array has been taken out. */
  isGone(name: string, index: number): boolean {
    return this.#gone.get(name)?.has(index) === true;
  }

  /** Marks a member as settled by the policy: nothing else may change it. */
  fix(name: string): void {
    this.#fixed.add(name);
  }

  isFixed(name: string): boolean {
    return this.#fixed.has(name);
  }

  set(name: string, value: unknown): void {
    this.#changed.set(name, value);
    this.#edits.set(name, { kind: 'set', json: JSON.stringify(value) });
  }

  setInside(name: string, inner: string, value: unknown): void {
    this.#edits.set(name, { kind: 'set-inside', name: inner, json: JSON.stringify(value) });
  }

  remove(name: string): void {
    this.#changed.set(name, undefined);
    this.#edits.set(name, { kind: 'remove' });
  }

  /** Takes elements out of a member's array; the member goes with the last of them. */
  removeElements(name: string, indexes: Iterable<number>): void {
    const gone = this.#gone.get(name) ?? new Set();
    for (const index of indexes) gone.add(index);
    if (gone.size === 0) return;
    this.#gone.set(name, gone);
    if (gone.size === this.elements(name).length) this.remove(name);
    else this.#edits.set(name, { kind: 'remove-elements', indexes: gone });
  }

  /** The body's bytes with every change in them; the very bytes that came where there is none. */
  text(): Uint8Array {
    return splice(this.#body, this.#edits);
  }
}
