/**
 * The chunk that `stream_options.include_usage` adds to a stream of chat or completions: it has usage and an empty list of choices. A chunk with
 * choices is the caller's, whatever usage it holds; so are the others' `"usage":null`, which stay: every client type allows them.
 */
export function isUsageChunk(event: unknown): boolean {
  if (typeof event !== 'object' || event === null || !('choices' in event) || !('usage' in event)) return false;
  return Array.isArray(event.choices) && event.choices.length === 0 && typeof event.usage === 'object' && event.usage !== null;
}
