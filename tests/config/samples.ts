import { buildConfiguration } from '../../gateway/config/load.ts';
import { ConfigurationError, type Problem } from '../../gateway/config/problem.ts';
import type { Configuration } from '../../gateway/vocabulary/configuration.ts';

/** The least that can be used. Each test changes one thing of it. */
export const least = `version: 1
listen:
  tls: { mode: development }
identity:
  issuers:
    - alias: okta
      issuer: https://id.example
      jwks_url: https://id.example/keys
      audiences: [regate]
      algorithms: [RS256]
policy:
  bundle: bundle.tar.gz
backends:
  - id: openai
    protocol: openai
    base_url: https://api.example/v1/
    credential: main
    models: { gpt-4.1: gpt-4.1-2025 }
models:
  - id: gpt-4.1
    aliases: [default]
    operations: [chat]
credentials:
  main: { environment: OPENAI_API_KEY }
`;

/** Replaces one piece of {@link least}; fails where the piece is not there, so that no test checks an unchanged file. */
export function changed(from: string, to: string): string {
  if (!least.includes(from)) throw new Error(`the sample does not hold ${from}`);
  return least.replace(from, () => to);
}

export type Environment = Readonly<Record<string, string | undefined>>;

export function build(text: string, environment: Environment = {}): Configuration {
  return buildConfiguration('/etc/regate/regate.yaml', text, { environment });
}

/** The problems of a text, and the whole message that people see. */
export function refused(text: string, environment: Environment = {}): { readonly problems: readonly Problem[]; readonly message: string } {
  try {
    build(text, environment);
  } catch (error) {
    if (error instanceof ConfigurationError) return { problems: error.problems, message: error.message };
    throw error;
  }
  throw new Error('the configuration was not refused');
}

/** The line (from 1) on which a piece of text first stands. */
export function lineOf(text: string, piece: string): number {
  const index = text.indexOf(piece);
  if (index < 0) throw new Error(`the text does not hold ${piece}`);
  return text.slice(0, index).split('\n').length;
}
