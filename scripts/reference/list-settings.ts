/** The parts of JSON Schema that the configuration's schema uses. */
export interface SchemaNode {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly required?: readonly string[];
  readonly items?: SchemaNode;
  readonly additionalProperties?: SchemaNode | boolean;
  readonly oneOf?: readonly SchemaNode[];
  readonly anyOf?: readonly SchemaNode[];
}

export interface Setting {
  /** Dotted; `[]` for list entries, `<name>` for free names. */
  readonly setting: string;
  /** What it may be, in words. */
  readonly values: string;
  /** As JSON. */
  readonly initial?: string;
  readonly description: string;
}

/** Every setting of a schema, in its order. */
export function listSettings(root: SchemaNode): readonly Setting[] {
  return [...members('', root)];
}

function* members(prefix: string, node: SchemaNode): Generator<Setting> {
  for (const [name, member] of Object.entries(node.properties ?? {})) {
    const optional = !(node.required ?? []).includes(name) && member.default === undefined;
    yield* walk(`${prefix}${name}`, member, optional);
  }
}

function* walk(setting: string, node: SchemaNode, optional: boolean): Generator<Setting> {
  const variants = node.oneOf ?? node.anyOf;
  if (variants !== undefined) {
    yield describe(setting, node, 'one of the following', optional);
    for (const variant of variants) {
      if (variant.description !== undefined) yield describe(setting, variant, shapeOf(variant), false);
      yield* members(`${setting}.`, variant);
    }
    return;
  }
  yield describe(setting, node, valuesOf(node), optional);
  if (node.properties !== undefined) yield* members(`${setting}.`, node);
  if (node.items?.properties !== undefined) yield* members(`${setting}[].`, node.items);
  const named = node.additionalProperties;
  if (typeof named === 'object' && (named.properties ?? named.anyOf ?? named.oneOf) !== undefined)
    yield* walk(`${setting}.<name>`, named, false);
}

function describe(setting: string, node: SchemaNode, values: string, optional: boolean): Setting {
  const initial = node.default === undefined ? {} : { initial: JSON.stringify(node.default) };
  return { setting, values: optional ? `${values}; optional` : values, ...initial, description: node.description ?? '' };
}

function shapeOf({ properties = {} }: SchemaNode): string {
  return `with ${Object.entries(properties)
    .map(([name, { const: fixed }]) => (fixed === undefined ? name : `${name}: ${String(fixed)}`))
    .join(', ')}`;
}

function valuesOf(node: SchemaNode): string {
  if (node.const !== undefined) return String(node.const);
  if (node.enum !== undefined) return node.enum.join(', ');
  switch (node.type) {
    case 'string':
      return 'text';
    case 'boolean':
      return 'true, false';
    case 'integer':
    case 'number':
      return rangeOf(node);
    case 'array':
      return node.items === undefined ? 'list' : `list of: ${valuesOf(node.items)}`;
    case 'object':
      return typeof node.additionalProperties === 'object' ? `name → ${valuesOf(node.additionalProperties)}` : 'settings';
    default:
      return 'settings';
  }
}

function rangeOf({ type, minimum, maximum }: SchemaNode): string {
  const kind = type === 'integer' ? 'whole number' : 'number';
  return minimum === undefined || maximum === undefined || maximum >= Number.MAX_SAFE_INTEGER ? kind : `${kind}, ${minimum} to ${maximum}`;
}
