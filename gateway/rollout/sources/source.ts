/** Content as a source has it. */
export interface Received {
  readonly bytes: Buffer;
  /** What names this state of the source when it is asked again: an ETag, a digest, a file's times. Absent where the state could not be pinned. */
  readonly validator?: string;
}

export interface Asked {
  /** Absent where nothing has changed since the validator. */
  readonly received?: Received;
  /** The source holds an answer back until there is news, so that it may be asked again at once. */
  readonly longPoll?: boolean;
}

export interface Question {
  /** Of the content that is known; absent the first time. */
  readonly validator?: string;
  /** The source may take its time until there is news. */
  readonly wait?: boolean;
  readonly signal: AbortSignal;
}

/** Where a bundle comes from. One file of this folder is one kind of source, and tests/rollout/sources/contract.ts is what each must keep to. */
export interface Source {
  /** For people: a path or a URL, never a secret. */
  readonly origin: string;
  /**
   * Looks once.
   * @throws BundleBreakage `unreachable`, `timeout`, `answer` or `too-large`
   */
  ask(question: Question): Promise<Asked>;
  /** Tells of changes as they happen, where the source can. Polling goes on all the same. @returns what ends it */
  watch?(changed: () => void): () => void;
}
