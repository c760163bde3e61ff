/** What the toolchain's `inspect` says, as far as it is shown. */
export interface Inspection {
  readonly kind: 'bundle' | 'directory';
  readonly manifest: { readonly revision?: string; readonly roots?: readonly string[]; readonly metadata?: unknown };
  readonly entrypoints: readonly {
    readonly path: string;
    readonly annotations?: readonly { readonly title?: string; readonly description?: string; readonly custom?: unknown }[];
  }[];
  readonly packages: readonly string[];
  readonly data: readonly string[];
  readonly files: readonly { readonly name: string; readonly bytes: number }[];
  /** What modules define: one entry for each path and file. The same digest means the same rules but for white space and comments. */
  readonly rules: readonly { readonly path: string; readonly file: string; readonly rules: number; readonly digest: string }[];
  readonly builtins?: {
    /** Compiled into the module; known for a directory only. */
    readonly native?: readonly string[];
    /** Lent by the gateway. */
    readonly host: readonly string[];
    /** Lent by nobody: the gateway does not load this. */
    readonly refused: readonly string[];
  };
}

/** Writes an inspection for people. */
export function describeInspection(found: Inspection): string {
  const { manifest, entrypoints, builtins } = found;
  const lines = [
    ...section('Manifest', [
      ...(manifest.revision ? [`revision  ${manifest.revision}`] : []),
      `roots     ${(manifest.roots ?? []).join(' ')}`,
      ...(manifest.metadata === undefined ? [] : [`metadata  ${JSON.stringify(manifest.metadata)}`]),
    ]),
    ...section(
      'Entry points',
      entrypoints.flatMap(({ path, annotations }) => [path, ...(annotations ?? []).flatMap(describeAnnotation)]),
    ),
    ...section('Packages', found.packages),
    ...section('Data', found.data),
    ...section('Files', describeFiles(found.files)),
    ...(builtins === undefined
      ? []
      : section('Built-ins', [
          ...(builtins.native === undefined ? [] : [`compiled in         ${builtins.native.join(' ') || '-'}`]),
          `lent by the gateway ${builtins.host.join(' ') || '-'}`,
          ...(builtins.refused.length === 0 ? [] : [`NOT AVAILABLE       ${builtins.refused.join(' ')}`]),
        ])),
  ];
  return `${lines.join('\n').trimEnd()}\n`;
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [title, ...lines.map((line) => `  ${line}`), ''];
}

function describeAnnotation(one: NonNullable<Inspection['entrypoints'][number]['annotations']>[number]): readonly string[] {
  const said = [one.title, one.description].filter((text) => text !== undefined).join(': ');
  return [...(said === '' ? [] : [`  ${said}`]), ...(one.custom === undefined ? [] : [`  custom ${JSON.stringify(one.custom)}`])];
}

function describeFiles(files: Inspection['files']): readonly string[] {
  const width = Math.max(0, ...files.map(({ bytes }) => String(bytes).length));
  return files.map(({ name, bytes }) => `${String(bytes).padStart(width)}  ${name}`);
}
