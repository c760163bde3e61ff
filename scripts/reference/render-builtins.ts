import { refusedBuiltins } from '../../gateway/engine/builtins/refused.ts';
import { hostBuiltinNames } from '../../gateway/engine/builtins/registry.ts';
import { goBuiltinNames } from '../../gateway/engine/go-builtins/names.ts';
import { type OpaBuiltin, readOpaBuiltins } from './list-opa-builtins.ts';

/** Rewritten by the compiler; nobody is called at run time. OPA's list does not count them as native. */
const compiledAway = ['assign', 'eq', 'rego.metadata.chain', 'rego.metadata.rule'];

/** Who answers a built-in, in the words of the reference; `undefined` where nobody does and nobody says why. */
export function answeredBy({ name, native, deprecated }: OpaBuiltin): string | undefined {
  const refused = refusedBuiltins.get(name);
  if (refused !== undefined) return `refused: ${refused}`;
  if (native || compiledAway.includes(name)) return 'the module';
  if (goBuiltinNames.includes(name)) return 'the gateway, with OPA’s Go code';
  if (hostBuiltinNames.includes(name)) return 'the gateway';
  return deprecated ? 'refused: Rego v1 does not have it any more' : undefined;
}

/** docs/reference/builtins.md, without its first line. */
export function renderBuiltins(): string {
  const groups = Map.groupBy(readOpaBuiltins(), ({ category }) => category || 'other');
  const sections = [...groups].sort(([a], [b]) => (a < b ? -1 : 1)).map(([category, all]) => `## ${category}\n\n${renderTable(all)}`);
  return `# Built-in functions

Every built-in of OPA, and who answers it when the gateway evaluates a policy. What is refused fails when a policy is built, with its position, and
again by name when a bundle is loaded: nothing is found missing by a request.

| answered by | what that means |
|---|---|
| the module | OPA compiles it into the policy. The fastest: nothing leaves the module. |
| the gateway | The policy's WebAssembly module calls the gateway; some microseconds for a call with small operands. |
| the gateway, with OPA’s Go code | The gateway asks OPA's own implementation, in a thread that is ended when a call takes longer than the evaluation may. Some 25 to 700 µs for a call, more for ES384 and ES512 signatures; the operands may have 1 MiB. Needs \`builtins.wasm\` (in the package; \`npm run toolchain\` in a checkout). |
| refused | No policy of the gateway may call it. |

An error in a built-in makes the expression undefined, as in OPA. A call whose value the gateway cannot give as OPA would (more than a limit allows,
bytes that are no text) fails the decision instead: an undefined expression could let a rule that denies pass by.

${sections.join('\n\n')}
`;
}

function renderTable(all: readonly OpaBuiltin[]): string {
  const rows = all.map((one) => {
    const call = `\`${one.name}(${one.args.join(', ')})\``;
    return `| ${call} | ${answeredBy(one) ?? 'nobody yet'} | ${one.description.replaceAll('|', '\\|').replaceAll('\n', ' ')} |`;
  });
  return `| built-in | answered by | OPA's description |\n|---|---|---|\n${rows.join('\n')}`;
}
