import type { SamlProvider } from '../../../vocabulary/login.ts';

/** The addresses of one provider's doors at this gateway: fixed by the configuration, never taken from a request. */
export interface SamlAddresses {
  /** Assertion consumer service. */
  readonly acs: string;
  /** Single logout service. */
  readonly slo: string;
}

export function addressesOf(publicUrl: string, { alias }: Pick<SamlProvider, 'alias'>): SamlAddresses {
  return { acs: `${publicUrl}/auth/saml/${alias}/acs`, slo: `${publicUrl}/auth/saml/${alias}/slo` };
}
