import { loadConfiguration } from '../../config/load.ts';
import { Breakage } from '../../errors.ts';
import type { KeysPlace, PlaceOptions } from './keys.ts';

/** Finds the key file and its pepper: from the flags, or from the configuration that names both. */
export function locateKeys({ file, pepper, config }: PlaceOptions): KeysPlace {
  if (file !== undefined && pepper !== undefined) return { file, pepperFile: pepper };
  if (config === undefined) {
    throw new Breakage('gateway.error', 'say where the keys are: --config FILE, or both --file and --pepper');
  }
  const { keys } = loadConfiguration(config, { environment: process.env }).identity;
  if (keys === undefined) throw new Breakage('gateway.error', `${config} configures no keys; add identity.keys with file and pepper_file`);
  const place = file ?? keys.file;
  if (place === undefined) {
    throw new Breakage('gateway.error', `${config} keeps its keys in a database; use --admin-url to change them through a running gateway`);
  }
  return { file: place, pepperFile: pepper ?? keys.pepperFile };
}
