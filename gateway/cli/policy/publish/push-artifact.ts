import { createHash } from 'node:crypto';
import { Breakage } from '../../../errors.ts';
import { makeHttpClient } from '../../../rollout/http/client.ts';
import { makeRegistryToken } from '../../../rollout/http/registry-token.ts';
import type { Clock } from '../../../vocabulary/clock.ts';
import { type Sending, type Sent, send } from './send.ts';

export interface PushArtifactNeeds {
  /** Origin of the registry. */
  readonly registry: URL;
  readonly repository: string;
  readonly tag: string;
  readonly bytes: Uint8Array;
  readonly revision: string;
  /** What shows the registry, or its token service, who pushes. */
  readonly authorization?: string;
  /** Hosts beside the registry's that may be asked for a token. */
  readonly otherHosts: readonly string[];
  readonly clock: Pick<Clock, 'monotonic'>;
}

const manifestType = 'application/vnd.oci.image.manifest.v1+json';
const layerType = 'application/vnd.oci.image.layer.v1.tar+gzip';
const configType = 'application/vnd.oci.image.config.v1+json';
const emptyConfig = Buffer.from('{}');

/**
 * Pushes a bundle as an artifact of one layer (OCI distribution specification, "Pushing Blobs" and "Pushing Manifests"), in the form that the
 * gateway and opa pull.
 * @returns the manifest's digest, which names exactly this content
 * @throws Breakage
 */
export async function pushArtifact(needs: PushArtifactNeeds): Promise<string> {
  const { registry, repository, tag, bytes, revision } = needs;
  const call = makeCall(needs);
  await pushBlob(call, needs, emptyConfig);
  await pushBlob(call, needs, bytes);
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: manifestType,
      config: { mediaType: configType, digest: digestOf(emptyConfig), size: emptyConfig.length },
      layers: [
        {
          mediaType: layerType,
          digest: digestOf(bytes),
          size: bytes.length,
          annotations: { 'org.opencontainers.image.title': 'bundle.tar.gz' },
        },
      ],
      ...(revision !== '' && { annotations: { 'org.opencontainers.image.version': revision } }),
    }),
  );
  const url = new URL(`/v2/${repository}/manifests/${tag}`, registry);
  const { status, headers } = await call({ method: 'PUT', url, headers: { 'content-type': manifestType }, body: manifest });
  expect(status, 201, registry, 'take the manifest');
  const digest = digestOf(manifest);
  const said = headers.get('docker-content-digest');
  if (said !== null && said !== digest) throw new Breakage('gateway.error', `${registry.host} stored another manifest than was sent.`);
  return digest;
}

type Call = (sending: Sending) => Promise<Sent>;

/** Sends with the token of the registry, which is fetched when it is asked for. */
function makeCall({ registry, repository, authorization, otherHosts, clock }: PushArtifactNeeds): Call {
  const access = { otherHosts, deadlineSeconds: 30, maxBytes: 1 << 20, insecureHttp: registry.protocol === 'http:' };
  const token = makeRegistryToken({
    registry,
    repository,
    otherHosts,
    ...(authorization !== undefined && { readCredential: async () => authorization }),
    call: makeHttpClient({ access }),
    clock,
  });
  return async (sending) => {
    const once = async () => send({ ...sending, headers: { ...sending.headers, ...(await token.headers()) } });
    const answer = await once();
    if (answer.status !== 401) return answer;
    const challenge = { status: 401, headers: { 'www-authenticate': answer.headers.get('www-authenticate') ?? '' }, body: Buffer.alloc(0) };
    return (await token.renew?.(challenge)) === true ? once() : answer;
  };
}

async function pushBlob(call: Call, { registry, repository }: PushArtifactNeeds, bytes: Uint8Array): Promise<void> {
  const digest = digestOf(bytes);
  const known = await call({ method: 'HEAD', url: new URL(`/v2/${repository}/blobs/${digest}`, registry) });
  if (known.status === 200) return;
  const begun = await call({ method: 'POST', url: new URL(`/v2/${repository}/blobs/uploads/`, registry) });
  expect(begun.status, 202, registry, 'begin an upload');
  const location = begun.headers.get('location') ?? '';
  const url = URL.canParse(location, registry.href) ? new URL(location, registry) : undefined;
  // The bundle and the credential go to the registry that was named, and nowhere else.
  if (url?.origin !== registry.origin)
    throw new Breakage('gateway.error', `${registry.host} wants the upload at another host, which is not done.`);
  url.searchParams.set('digest', digest);
  const { status } = await call({ method: 'PUT', url, headers: { 'content-type': 'application/octet-stream' }, body: bytes });
  expect(status, 201, registry, 'take the bundle');
}

function expect(status: number, wanted: number, registry: URL, what: string): void {
  if (status === wanted) return;
  const why = status === 401 || status === 403 ? `does not let us in (${status}); check the credential` : `answered ${status}`;
  throw new Breakage('gateway.error', `${registry.host} was to ${what}, and ${why}.`);
}

function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}
