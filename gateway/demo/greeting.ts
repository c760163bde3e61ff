import { relative } from 'node:path';
import { styleText } from 'node:util';

export interface GreetingNeeds {
  readonly url: string;
  readonly doorsUrl: string;
  readonly directory: string;
  readonly caPath: string;
  readonly configurationPath: string;
  readonly real: { readonly openai: boolean; readonly anthropic: boolean };
}

/** What the demo says once it serves: what it is, and commands to paste. */
export function greet({ url, doorsUrl, directory, caPath, configurationPath, real }: GreetingNeeds): string {
  const here = (path: string) => `./${relative(process.cwd(), path)}`;
  const tokens = here(`${directory}/tokens.json`);
  const ask = (caller: string, model: string) =>
    [
      `curl -s --cacert ${here(caPath)} ${url}/v1/chat/completions \\`,
      `  -H "authorization: Bearer $(node -p "require('${tokens}')['${caller}']")" \\`,
      `  -H 'content-type: application/json' \\`,
      `  -d '{"model":"${model}","messages":[{"role":"user","content":"Hello"}]}'`,
    ].join('\n');
  const provider = (name: string, isReal: boolean) =>
    isReal
      ? styleText('yellow', `${name}: the REAL provider, with the key from the environment`)
      : `${name}: the demo upstream on loopback`;
  const title = (text: string) => styleText('bold', text);

  return [
    '',
    styleText(['bold', 'yellow'], 'Regate DEMO — demo identities, demo tokens, a development certificate. Not for real traffic.'),
    '',
    `  gateway        ${url}   (doors: ${doorsUrl}/readyz, /metrics)`,
    `  backends       ${provider('openai', real.openai)}`,
    `                 ${provider('anthropic', real.anthropic)}`,
    `  tokens         ${tokens}   CA ${here(caPath)}   configuration ${here(configurationPath)}`,
    '',
    title('1. Allowed: an engineer on a managed laptop'),
    ask('engineer', 'gpt-5.1'),
    '',
    title('2. Denied, with the reason: the same engineer on a personal laptop'),
    ask('engineer-personal-laptop', 'gpt-5.1'),
    '',
    title('3. Re-routed: a contractor asks for the frontier model and is given the small one, with a cap'),
    ask('contractor', 'gpt-5.1'),
    '',
    title('4. What was recorded of them'),
    'npm run --silent regate -- log show --last 3',
    '',
  ].join('\n');
}
