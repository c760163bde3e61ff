/**
 * Makes the look-up of the roles that the configuration gives to an id. An entry `a/b/*` stands for every id below `a/b/`; it ends in a whole segment,
 * so that `spiffe://x/ns/prod/*` is no name for `spiffe://x/ns/production`. All entries that fit count.
 */
export function makeIdRoles(entries: Readonly<Record<string, readonly string[]>>): (id: string) => readonly string[] {
  const exact = new Map(Object.entries(entries).filter(([key]) => !key.endsWith('/*')));
  const below = Object.entries(entries)
    .filter(([key]) => key.endsWith('/*'))
    .map(([key, roles]) => [key.slice(0, -1), roles] as const);
  return (id) => {
    const roles = new Set(exact.get(id));
    for (const [prefix, more] of below) if (id.startsWith(prefix) && id.length > prefix.length) for (const role of more) roles.add(role);
    return [...roles];
  };
}
