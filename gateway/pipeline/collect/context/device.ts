import type { ContextConfiguration } from '../../../vocabulary/configuration.ts';
import type { DeviceFact } from '../../../vocabulary/facts.ts';
import type { IdentityChain } from '../../../vocabulary/identity.ts';
import type { AssertedHeader } from './asserted-headers.ts';

/**
 * The device, on the best evidence there is. What a signed token or a certificate proves outranks what a proxy says, as a whole: an unmanaged device
 * that is proved does not become managed by a header, and the two are never mixed into one fact.
 */
export function makeDevice({ headers, deviceEvidence }: Pick<ContextConfiguration, 'headers' | 'deviceEvidence'>) {
  return function device({ attested }: IdentityChain, header: AssertedHeader): DeviceFact | undefined {
    if (attested.device?.evidence === 'attested') return attested.device;
    if (deviceEvidence === 'attested') return undefined;
    const id = matching(header(headers.deviceId), /^[\x21-\x7e]{1,256}$/);
    const managed = matching(header(headers.deviceManaged), /^(true|false)$/);
    const os = matching(header(headers.deviceOs), /^[\x20-\x7e]{1,64}$/);
    if (id === undefined && managed === undefined && os === undefined) return undefined;
    return {
      ...(id !== undefined && { id }),
      ...(managed !== undefined && { managed: managed === 'true' }),
      ...(os !== undefined && { os }),
      evidence: 'asserted',
    };
  };
}

function matching(value: string | undefined, form: RegExp): string | undefined {
  return value !== undefined && form.test(value) ? value : undefined;
}
