/** Freezes a value and all that it holds, map entries included, so that no room can change what every room reads. */
export function freeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  const held = value instanceof Map ? value.values() : Object.values(value);
  for (const each of held) freeze(each);
  return value;
}
