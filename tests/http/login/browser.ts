/** An answer, with its body read. */
export interface Seen {
  readonly url: string;
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

export interface VisitOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly form?: Readonly<Record<string, string>>;
}

/**
 * As much of a browser as a login needs: a cookie jar for each host and port, redirects that are followed one by one, forms. Cookies that are Secure
 * are sent over plain HTTP to this machine, as browsers do for localhost.
 */
export class Browser {
  readonly #jars = new Map<string, Map<string, string>>();
  /** Every Set-Cookie line, in order. */
  readonly setCookies: string[] = [];

  /** One request; no redirect is followed. */
  async visit(url: string, { method = 'GET', headers = {}, form }: VisitOptions = {}): Promise<Seen> {
    const { host } = new URL(url);
    const jar = this.#jars.get(host) ?? new Map<string, string>();
    this.#jars.set(host, jar);
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(url, {
      method: form === undefined ? method : 'POST',
      redirect: 'manual',
      headers: { ...(cookie === '' ? {} : { cookie }), ...headers },
      ...(form === undefined ? {} : { body: new URLSearchParams(form) }),
    });
    for (const line of response.headers.getSetCookie()) {
      this.setCookies.push(line);
      const [pair = ''] = line.split(';', 1);
      const at = pair.indexOf('=');
      const [name, value] = [pair.slice(0, at), pair.slice(at + 1)];
      if (value === '' || /max-age=0|expires=Thu, 01 Jan 1970/i.test(line)) jar.delete(name);
      else jar.set(name, value);
    }
    return { url, status: response.status, headers: response.headers, text: await response.text() };
  }

  /** Follows redirects until an answer is none. @param until stops before a URL that holds this text, and gives that URL's redirect */
  async follow(url: string, options: VisitOptions & { readonly until?: string } = {}): Promise<Seen> {
    let seen = await this.visit(url, options);
    for (let step = 0; step < 20; step += 1) {
      const location = seen.headers.get('location');
      if (location === null || seen.status < 300 || seen.status > 399) return seen;
      const next = new URL(location, seen.url).href;
      if (options.until !== undefined && next.includes(options.until)) return { ...seen, url: next };
      seen = await this.visit(next);
    }
    throw new Error('too many redirects');
  }

  cookie(url: string, name: string): string | undefined {
    return this.#jars.get(new URL(url).host)?.get(name);
  }

  setCookie(url: string, name: string, value: string): void {
    const { host } = new URL(url);
    const jar = this.#jars.get(host) ?? new Map<string, string>();
    this.#jars.set(host, jar.set(name, value));
  }
}
