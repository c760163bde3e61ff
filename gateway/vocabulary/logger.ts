export type LogFields = Readonly<Record<string, unknown>>;

/** Operational logging, injected. Messages are for operators; they are constant sentences, and what varies goes into the fields. */
export interface Logger {
  error(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  debug(message: string, fields?: LogFields): void;
}
