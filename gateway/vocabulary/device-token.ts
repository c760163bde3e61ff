import type { IssuerConfiguration } from './configuration.ts';

/** A token in a header of its own that says from which device a request comes. */
export interface DeviceTokenConfiguration {
  /** Lower-case. */
  readonly header: string;
  /** How it is verified: as an access token is, for an audience of its own. */
  readonly issuer: IssuerConfiguration;
  /**
   * What keeps somebody else from showing it. principal: it names somebody who stands in the chain. certificate: it names the caller's client certificate
   * (`cnf.x5t#S256`).
   */
  readonly boundTo: 'principal' | 'certificate';
  /** For `principal`: the claim, as a dotted path, whose value after `<issuer>:` is the id of a principal. */
  readonly principal: { readonly claim: string; readonly issuer: string };
  /** Claims that hold the device, as dotted paths. */
  readonly device: NonNullable<IssuerConfiguration['device']>;
}
