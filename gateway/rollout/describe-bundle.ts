import type { VerifiedBundle } from '../bundle/verify-bundle.ts';
import type { BundleStatus } from '../vocabulary/bundles.ts';
import type { PinnedPolicy, PolicyStamp } from '../vocabulary/decision.ts';
import type { Content, Failure, Feed } from './feed.ts';
import type { RolloutStatus } from './rollout-port.ts';
import type { Activation } from './store/state.ts';

export interface KnownOfBundle {
  readonly name: string;
  readonly times: ReturnType<Feed['times']>;
  readonly failure: Failure | undefined;
  readonly active?: {
    readonly content: Content;
    readonly policy: PinnedPolicy;
    readonly verified: VerifiedBundle | undefined;
    /** Milliseconds since the epoch. */
    readonly at: number | undefined;
  };
}

/** Tells how a bundle fares, under the names of OPA's status API. */
export function describeBundle({ name, times, failure, active }: KnownOfBundle): BundleStatus {
  return {
    name,
    type: 'snapshot',
    ...(active === undefined
      ? {}
      : {
          active_revision: active.policy.stamp.bundles?.[name]?.revision ?? active.policy.stamp.revision,
          digest: active.content.digest,
          size: active.content.bytes.length,
        }),
    ...at('last_request', times.request),
    ...at('last_successful_request', times.success),
    ...at('last_successful_download', times.download),
    ...at('last_successful_activation', active?.at),
    ...(active?.verified === undefined ? {} : { signature: describeSignature(active.verified) }),
    ...(failure === undefined ? {} : { code: 'bundle_error', kind: failure.kind, message: failure.message }),
  };
}

function at<Name extends string>(name: Name, time: number | undefined): Partial<Record<Name, string>> {
  return time === undefined ? {} : ({ [name]: new Date(time).toISOString() } as Record<Name, string>);
}

function describeSignature({ keyId, scope, version, expiresAt }: VerifiedBundle): NonNullable<BundleStatus['signature']> {
  return {
    key_id: keyId,
    scope,
    ...(version === undefined ? {} : { version }),
    ...(expiresAt === undefined ? {} : { expires_at: new Date(expiresAt * 1000).toISOString() }),
  };
}

/** What is kept of a combination. @param now milliseconds since the epoch */
export function describeActivation(stamp: PolicyStamp, contents: ReadonlyMap<string, Content>, now: number): Activation {
  const bundles = [...contents].map(([name, { digest, validator }]) => ({
    name,
    revision: stamp.bundles?.[name]?.revision ?? stamp.revision,
    digest,
    ...(validator === undefined ? {} : { validator }),
  }));
  return { digest: stamp.digest, revision: stamp.revision, at: new Date(now).toISOString(), bundles };
}

/** Which policy is in force, under the names of OPA's status API. */
export function describeStamp(stamp: PolicyStamp | undefined): Pick<RolloutStatus, 'name' | 'active_revision' | 'digest'> {
  return stamp === undefined ? {} : { name: stamp.bundle, active_revision: stamp.revision, digest: stamp.digest };
}
