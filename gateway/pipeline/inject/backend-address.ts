import type { Backend } from '../../vocabulary/catalogue.ts';

/** Where a backend's operations are. */
export interface BackendAddress {
  /** The `host` header. */
  readonly host: string;
  /** The URL of a path below the backend's base URL; `undefined` where the path leads out of it. */
  find(path: string): URL | undefined;
}

/** Paths kept ready. The paths of operations are few and fixed. */
const mostPaths = 64;

/** Makes a backend's address book. A path is taken literally: neither dot segments nor another host's name may lead out of the base URL. */
export function makeBackendAddress({ baseUrl }: Pick<Backend, 'baseUrl'>): BackendAddress {
  const base = new URL(baseUrl);
  const prefix = base.pathname.replace(/\/$/, '');
  const ready = new Map<string, URL>();
  return {
    host: base.host,
    find(path) {
      const known = ready.get(path);
      if (known !== undefined) return known;
      if (!path.startsWith('/')) return undefined;
      const url = new URL(base);
      url.pathname = `${prefix}${path}`;
      if (url.pathname !== `${prefix}${path}`) return undefined;
      if (ready.size < mostPaths) ready.set(path, url);
      return url;
    },
  };
}
