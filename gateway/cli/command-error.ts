/** A command cannot go on, and says why and what to do next. It is shown as its sentence, without a stack. */
export class CommandError extends Error {
  override readonly name: string = 'CommandError';
}
