import type { ErrorCode } from 'yaml';

/**
 * What is said of broken YAML. The parser's own messages quote the text that they stumble over, which may be a secret, so they are replaced.
 */
export const yamlErrors: Readonly<Record<ErrorCode, string>> = {
  ALIAS_PROPS: 'an alias (*name) takes no anchor and no tag',
  BAD_ALIAS: 'the name of an anchor or alias is empty or ends in a colon',
  BAD_COLLECTION_TYPE: 'the tag does not fit the kind of value',
  BAD_DIRECTIVE: 'unknown YAML directive',
  BAD_DQ_ESCAPE: 'unknown escape sequence in a double-quoted text; use single quotes where backslashes are meant',
  BAD_INDENT: 'wrong indentation',
  BAD_PROP_ORDER: 'an anchor or a tag stands in the wrong place',
  BAD_SCALAR_START: 'a text that starts with this character must be quoted',
  BLOCK_AS_IMPLICIT_KEY: 'a nested value cannot stand on the line of its key',
  BLOCK_IN_FLOW: 'a block value cannot stand inside [ ] or { }',
  DUPLICATE_KEY: 'this key is set twice',
  IMPOSSIBLE: 'this is not YAML',
  KEY_OVER_1024_CHARS: 'a key of more than 1024 characters',
  MISSING_CHAR: 'a character is missing here: a closing quote or bracket, a comma, a space, or the colon after a key',
  MULTILINE_IMPLICIT_KEY: 'a key must stand on one line',
  MULTIPLE_ANCHORS: 'a value can have one anchor only',
  MULTIPLE_DOCS: 'the file must hold one YAML document only',
  MULTIPLE_TAGS: 'a value can have one tag only',
  NON_STRING_KEY: 'a key must be text',
  RESOURCE_EXHAUSTION: 'nested too deeply',
  TAB_AS_INDENT: 'tabs cannot indent; use spaces',
  TAG_RESOLVE_FAILED: 'tags (!name) are not used here, or the value does not fit its tag',
  UNEXPECTED_TOKEN: 'this cannot stand here; quote the text, or check the brackets and the indentation',
};
