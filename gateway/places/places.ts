import type { Logger } from '../vocabulary/logger.ts';
import { openAddressTable } from './address-table.ts';

/** What the operator's own tables say of an address. Members are absent where they say nothing. */
export interface Place {
  /** ISO 3166-1 alpha-2. */
  readonly country?: string;
  readonly asn?: number;
}

export interface PlacesNeeds {
  /** Paths of files in the MaxMind DB format. */
  readonly country?: string;
  readonly asn?: string;
  readonly logger: Logger;
}

export interface Places {
  find(address: string): Place;
  /** Looks at the files now. */
  refresh(): Promise<void>;
  close(): void;
}

/** Makes the look-up of places from the operator's tables. Both settings may name one file that knows both. */
export function makePlaces({ country, asn, logger }: PlacesNeeds): Places {
  const files = [...new Set([country, asn].filter((path) => path !== undefined))];
  const tables = new Map(files.map((path) => [path, openAddressTable({ path, logger })]));
  const ask = (path: string | undefined, address: string) => (path === undefined ? undefined : tables.get(path)?.find(address));
  return {
    find(address) {
      const foundCountry = readCountry(ask(country, address));
      const foundAsn = readAsn(ask(asn, address));
      return {
        ...(foundCountry === undefined ? {} : { country: foundCountry }),
        ...(foundAsn === undefined ? {} : { asn: foundAsn }),
      };
    },
    refresh: async () => void (await Promise.all([...tables.values()].map((table) => table.refresh()))),
    close() {
      for (const table of tables.values()) table.close();
    },
  };
}

/** MaxMind and DB-IP write `country.iso_code`; IPinfo writes `country_code`. */
function readCountry(entry: unknown): string | undefined {
  const country = member(entry, 'country');
  const code = member(country, 'iso_code') ?? member(entry, 'country_code') ?? country;
  return typeof code === 'string' && /^[A-Z]{2}$/.test(code) ? code : undefined;
}

/** MaxMind and DB-IP write `autonomous_system_number`; IPinfo writes `asn: AS64496`. */
function readAsn(entry: unknown): number | undefined {
  const number = member(entry, 'autonomous_system_number') ?? member(entry, 'asn');
  const value = typeof number === 'string' ? Number(number.replace(/^AS/, '')) : number;
  return typeof value === 'number' && Number.isInteger(value) && value > 0 && value <= 0xffffffff ? value : undefined;
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name) ? Reflect.get(value, name) : undefined;
}
