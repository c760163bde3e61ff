/**
 * Members of the body that a pin may not set: those that say where the request goes (the route says that), how the answer is carried, what the
 * conversation is, and what the tools are. A drop may not take them either, save those that only reach state which the provider holds.
 */
const protectedNames: ReadonlySet<string> = new Set(
  (
    'model models fallbacks context_window_fallbacks route provider plugins preset extra_body api_base base_url model_list deployment_id ' +
    'custom_llm_provider moderation stream stream_options messages input prompt system instructions contents tools functions mcp_servers'
  ).split(' '),
);

const providerState: ReadonlySet<string> = new Set(['previous_response_id', 'conversation', 'thread', 'container']);

/** Compared without case: a reader that ignores it would take `Model` for `model`. */
export function mayPin(name: string): boolean {
  const folded = fold(name);
  return !protectedNames.has(folded) && !providerState.has(folded);
}

export function mayDrop(name: string): boolean {
  return !protectedNames.has(fold(name));
}

function fold(name: string): string {
  return name.toUpperCase().toLowerCase();
}
