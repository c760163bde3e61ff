import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

const digestOf = (bytes: Uint8Array) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

export interface StrictRegistry {
  readonly host: string;
  readonly blobs: ReadonlyMap<string, Buffer>;
  /** By tag and by digest. */
  readonly manifests: ReadonlyMap<string, Buffer>;
  /** Method and path of each request, in order. */
  readonly seen: readonly string[];
  close(): void;
}

export interface RegistryTraits {
  /** Credential that the token service wants; without it nobody need show anything. */
  readonly credential?: string;
  /** Where uploads are sent, in place of the registry itself. */
  readonly uploadsAt?: string;
  /** The status of a manifest's PUT. */
  readonly manifestStatus?: number;
}

/**
 * A registry that takes nothing but what the distribution specification says: an upload that was begun, whole blobs under their digest, manifests
 * whose blobs are there.
 */
export async function openStrictRegistry(traits: RegistryTraits = {}): Promise<StrictRegistry> {
  const [blobs, manifests, uploads] = [new Map<string, Buffer>(), new Map<string, Buffer>(), new Set<string>()];
  const seen: string[] = [];

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await buffer(request);
    const url = new URL(request.url ?? '', `http://${request.headers.host}`);
    seen.push(`${request.method} ${url.pathname}`);
    const answer = (status: number, headers: Record<string, string> = {}, text = '') => void response.writeHead(status, headers).end(text);
    if (url.pathname === '/token') {
      const asked = [url.searchParams.get('scope'), url.searchParams.get('service'), request.headers.authorization];
      if (asked.join() !== ['repository:team/policy:pull,push', 'strict', traits.credential].join()) return answer(401);
      return answer(200, {}, '{"token":"granted","expires_in":300}');
    }
    if (traits.credential !== undefined && request.headers.authorization !== 'Bearer granted') {
      const realm = `http://${request.headers.host}/token`;
      return answer(401, { 'www-authenticate': `Bearer realm="${realm}",service="strict",scope="repository:team/policy:pull,push"` });
    }
    const [, kind = '', name = ''] = /^\/v2\/team\/policy\/(blobs\/uploads|blobs|manifests)\/(.*)$/.exec(url.pathname) ?? [];
    const did = `${request.method} ${kind}`;
    if (did === 'HEAD blobs') return answer(blobs.has(name) ? 200 : 404);
    if (did === 'POST blobs/uploads' && name === '') {
      const id = `upload-${uploads.size}`;
      uploads.add(id);
      return answer(202, { location: `${traits.uploadsAt ?? ''}/v2/team/policy/blobs/uploads/${id}?state=kept` });
    }
    if (did === 'PUT blobs/uploads' && uploads.delete(name)) {
      const digest = url.searchParams.get('digest') ?? '';
      if (url.searchParams.get('state') !== 'kept' || digest !== digestOf(body)) return answer(400);
      blobs.set(digest, body);
      return answer(201, { location: `/v2/team/policy/blobs/${digest}` });
    }
    if (did === 'PUT manifests') {
      const manifest = JSON.parse(body.toString()) as {
        mediaType: string;
        config: { digest: string; size: number };
        layers: { digest: string; size: number }[];
      };
      const parts = [manifest.config, ...manifest.layers];
      if (manifest.mediaType !== request.headers['content-type'] || parts.some((part) => blobs.get(part.digest)?.length !== part.size))
        return answer(400);
      for (const key of [name, digestOf(body)]) manifests.set(key, body);
      return answer(traits.manifestStatus ?? 201, { 'docker-content-digest': digestOf(body) });
    }
    return answer(404);
  }

  const server = createServer((request, response) => void serve(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  return { host: `127.0.0.1:${(server.address() as AddressInfo).port}`, blobs, manifests, seen, close };
}
