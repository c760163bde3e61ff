import assert from 'node:assert/strict';

/**
 * Holds a value against what a story says of it.
 *
 * - An object of the story is a part of the value's: members that it does not name may be anything. A list has as many members as the story says.
 * - A member whose name begins with `/` is a JSON pointer (RFC 6901) into the value.
 * - A text `~…~` is a regular expression that the whole text must match. `null` says that the place is empty.
 */
export function matches(value: unknown, wanted: unknown, at: string): void {
  if (wanted === null) {
    assert.equal(value, undefined, `${at} is there`);
  } else if (Array.isArray(wanted)) {
    assert.ok(Array.isArray(value), `${at} is no list but ${JSON.stringify(value)}`);
    assert.equal(value.length, wanted.length, `${at} has ${value.length} members: ${JSON.stringify(value)}`);
    for (const [index, each] of wanted.entries()) matches(value[index], each, `${at}/${index}`);
  } else if (typeof wanted === 'object') {
    assert.ok(typeof value === 'object' && value !== null, `${at} is no object but ${JSON.stringify(value)}`);
    for (const [name, each] of Object.entries(wanted)) {
      const found = name.startsWith('/') ? follow(value, name) : (value as Record<string, unknown>)[name];
      matches(found, each, name.startsWith('/') ? `${at}${name}` : `${at}/${name}`);
    }
  } else if (typeof wanted === 'string' && /^~.+~$/s.test(wanted)) {
    assert.match(String(value), new RegExp(`^(?:${wanted.slice(1, -1)})$`, 's'), at);
  } else {
    assert.deepEqual(value, wanted, at);
  }
}

/** What stands at a JSON pointer; `undefined` where nothing does. */
export function follow(value: unknown, pointer: string): unknown {
  return pointer
    .slice(1)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce<unknown>(
      (inner, part) => (typeof inner === 'object' && inner !== null ? (inner as Record<string, unknown>)[part] : undefined),
      value,
    );
}
