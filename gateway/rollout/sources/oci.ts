import { createHash } from 'node:crypto';
import { BundleBreakage } from '../../errors.ts';
import type { HttpClient } from '../http/client.ts';
import type { Answer } from '../http/exchange.ts';
import type { Source } from './source.ts';

export interface OciSourceNeeds {
  /** Origin of the registry. */
  readonly registry: URL;
  readonly repository: string;
  /** A tag, or a digest. */
  readonly reference: string;
  readonly call: HttpClient;
  readonly maxBytes: number;
}

/** The one layer in which `opa`, `oras` and others put a bundle. */
const layerTypes: ReadonlySet<string> = new Set([
  'application/vnd.oci.image.layer.v1.tar+gzip',
  'application/vnd.cncf.openpolicyagent.layer.v1.tar+gzip',
  'application/vnd.docker.image.rootfs.diff.tar.gzip',
]);
const manifestTypes = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
];
const maxManifestBytes = 4 * 1024 * 1024;
const digestPattern = /^sha256:[0-9a-f]{64}$/;

interface Descriptor {
  readonly mediaType?: unknown;
  readonly digest?: unknown;
  readonly size?: unknown;
  readonly annotations?: Readonly<Record<string, unknown>>;
}

/**
 * Makes the source that is an artifact in an OCI registry (OCI distribution specification): its manifest, or an index with one manifest, names one
 * layer, which is the bundle. What is fetched by digest is held against the digest, so a mirror need not be trusted.
 */
export function makeOciSource({ registry, repository, reference, call, maxBytes }: OciSourceNeeds): Source {
  const fail = (why: string, cause?: unknown): never => {
    throw new BundleBreakage('answer', `${registry.host}/${repository}:${reference}: ${why}`, { cause });
  };

  async function get(path: string, accept: string, limit: number, signal: AbortSignal): Promise<Answer> {
    const answer = await call({ url: new URL(`/v2/${repository}/${path}`, registry), headers: { accept }, maxBytes: limit, signal });
    if (answer.status === 401 || answer.status === 403) return fail(`the registry does not let the gateway in (${answer.status})`);
    if (answer.status === 404) return fail('there is no such artifact (404)');
    return answer.status === 200 ? answer : fail(`the registry answered ${answer.status}`);
  }

  async function getManifest(
    name: string,
    signal: AbortSignal,
  ): Promise<{ readonly digest: string; readonly manifest: Descriptor & object }> {
    const { body } = await get(`manifests/${name}`, manifestTypes.join(', '), maxManifestBytes, signal);
    const digest = digestOf(body);
    if (digestPattern.test(name) && name !== digest) return fail('the manifest is not the one that its digest names');
    try {
      const manifest: unknown = JSON.parse(body.toString());
      if (typeof manifest === 'object' && manifest !== null) return { digest, manifest };
    } catch (cause) {
      return fail('the manifest is not JSON', cause);
    }
    return fail('the manifest is not an object');
  }

  /** Of an index the one manifest that is not somebody's statement about another. */
  async function descend(manifest: object, signal: AbortSignal): Promise<object> {
    if (!('manifests' in manifest)) return manifest;
    const named = readDescriptors(manifest.manifests).filter(({ annotations }) => annotations?.['vnd.docker.reference.type'] === undefined);
    const [only] = named;
    if (only === undefined || named.length > 1)
      return fail(`its index names ${named.length} manifests; name the one that is meant by its digest`);
    const inner = (await getManifest(readDigest(only), signal)).manifest;
    return 'manifests' in inner ? fail('its index holds an index') : inner;
  }

  async function getLayer(manifest: object, signal: AbortSignal): Promise<Buffer> {
    const layers =
      'layers' in manifest ? readDescriptors(manifest.layers).filter(({ mediaType }) => layerTypes.has(String(mediaType))) : [];
    const [layer] = layers;
    if (layer === undefined || layers.length > 1) return fail(`it has ${layers.length} layers that could be a bundle; it must have one`);
    const { size } = layer;
    if (typeof size !== 'number') return fail('its layer has no size');
    if (size > maxBytes) throw new BundleBreakage('too-large', `the bundle is larger than ${maxBytes} bytes`);
    const digest = readDigest(layer);
    const { body } = await get(`blobs/${digest}`, '*/*', maxBytes, signal);
    return digestOf(body) === digest ? body : fail('its layer is not the one that its digest names');
  }

  function readDescriptors(value: unknown): readonly Descriptor[] {
    if (!Array.isArray(value) || !value.every((one) => typeof one === 'object' && one !== null)) return fail('its manifest is malformed');
    return value as Descriptor[];
  }

  function readDigest({ digest }: Descriptor): string {
    return typeof digest === 'string' && digestPattern.test(digest)
      ? digest
      : fail('its manifest names something by a digest that is not SHA-256');
  }

  return {
    origin: `${registry.host}/${repository}${digestPattern.test(reference) ? '@' : ':'}${reference}`,
    async ask({ validator, signal }) {
      const { digest, manifest } = await getManifest(reference, signal);
      if (digest === validator) return {};
      return { received: { bytes: await getLayer(await descend(manifest, signal), signal), validator: digest } };
    },
  };
}

function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}
