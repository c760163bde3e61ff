/** Waits for the work, at most so long. */
export async function within(work: Promise<unknown>, milliseconds: number): Promise<void> {
  const { promise: tooLong, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, milliseconds);
  await Promise.race([work, tooLong]);
  clearTimeout(timer);
}
