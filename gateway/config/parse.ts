import { explainIssue, wordIssue } from './explain.ts';
import { ConfigurationError } from './problem.ts';
import { readYaml, type YamlFile } from './read-yaml.ts';
import { type ConfigurationFile, schema } from './schema.ts';

/** A configuration file that has passed the schema. */
export interface ParsedFile extends Pick<YamlFile, 'place'> {
  readonly file: ConfigurationFile;
}

/**
 * Reads the text of a configuration file: YAML, the environment's values, then the schema.
 * @throws ConfigurationError with every problem and its line
 */
export function parseConfiguration(path: string, text: string, environment: Readonly<Record<string, string | undefined>>): ParsedFile {
  const { content, place } = readYaml(path, text, environment);
  const result = schema.safeParse(content, { error: wordIssue, reportInput: false });
  if (result.success) return { file: result.data, place };
  throw new ConfigurationError(
    path,
    result.error.issues
      .flatMap((issue) => explainIssue(issue))
      .map(({ path: setting, message }) => ({ ...place(setting), path: setting.join('.'), message })),
  );
}
