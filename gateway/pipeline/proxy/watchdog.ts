/** What took too long: reaching the backend, the next byte from it, or the whole exchange. */
export type Overdue = 'connect' | 'idle' | 'total';

/** The time limits of one exchange. It calls `bark` at most once. Times are in milliseconds. */
export class Watchdog {
  readonly #bark: (overdue: Overdue) => void;
  #step: NodeJS.Timeout | undefined;
  #name: 'connect' | 'idle' | undefined;
  #ms = 0;
  #total: NodeJS.Timeout | undefined;

  constructor(bark: (overdue: Overdue) => void) {
    this.#bark = bark;
  }

  /** Limits the whole exchange. */
  limitTotal(ms: number): void {
    this.#total = setTimeout(() => this.#expire('total'), ms);
  }

  /** Begins a step with a limit of its own, in place of the step before. */
  begin(step: 'connect' | 'idle', ms: number): void {
    if (this.#step !== undefined && this.#name === step && this.#ms === ms) {
      this.#step.refresh();
      return;
    }
    clearTimeout(this.#step);
    this.#name = step;
    this.#ms = ms;
    this.#step = setTimeout(() => this.#expire(step), ms);
  }

  /** Something moved: the current step's time begins anew. */
  touch(): void {
    this.#step?.refresh();
  }

  stop(): void {
    clearTimeout(this.#step);
    clearTimeout(this.#total);
    this.#step = undefined;
    this.#total = undefined;
  }

  #expire(overdue: Overdue): void {
    this.stop();
    this.#bark(overdue);
  }
}
