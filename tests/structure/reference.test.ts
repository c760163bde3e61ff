import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import Ajv from 'ajv/dist/2020.js';
import { parse } from 'yaml';
import { jsonSchema } from '../../gateway/config/schema.ts';
import { describe, errorCodes } from '../../gateway/errors.ts';
import { findDrift, renderReference } from '../../scripts/generate-reference.ts';
import { least } from '../config/samples.ts';
import { root } from './sources.ts';

test('the reference says what the code says', () => {
  assert.deepEqual(findDrift(), [], 'run: node scripts/generate-reference.ts');
});

test('drift is seen', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'regate-reference-'));
  t.after(() => rmSync(folder, { recursive: true }));
  for (const [name, content] of renderReference()) writeFileSync(join(folder, name), content);
  assert.deepEqual(findDrift(folder), []);
  writeFileSync(join(folder, 'errors.md'), 'old');
  rmSync(join(folder, 'configuration.md'));
  assert.deepEqual(findDrift(folder), ['configuration.md', 'errors.md']);
});

test('every error has an entry in the documents, and every entry is an error', () => {
  const text = readFileSync(join(root, 'docs/reference/errors.md'), 'utf8');
  const documented = [...text.matchAll(/^\| `([a-z0-9.-]+)` \| (\d{3}) \|/gm)].map(([, code, status]) => `${code} ${status}`);
  assert.deepEqual(
    documented,
    errorCodes.map((code) => `${code} ${describe(code).status}`),
  );
});

test('an error has a status of its own kind and a sentence', () => {
  for (const code of errorCodes) {
    const { status, tell } = describe(code);
    assert.ok(status >= 400 && status < 600, code);
    assert.match(tell, /^[A-Z].*\.$/s, code);
  }
});

test('the published schema accepts what the gateway accepts', () => {
  const validate = new Ajv.Ajv2020({ strict: true, strictTypes: false, validateFormats: false }).compile(jsonSchema());
  for (const text of [least, readFileSync(join(root, 'examples/regate.yaml'), 'utf8')]) {
    assert.ok(validate(parse(text)), JSON.stringify(validate.errors));
  }
  assert.ok(!validate(parse(`${least}unknown: 1\n`)));
});

test('every setting is documented with a meaning, or is a group', () => {
  const text = renderReference().get('configuration.md') ?? '';
  for (const setting of ['listen.tls.certificate', 'identity.issuers[].audiences', 'credentials.<name>.environment', 'limits.body_mib']) {
    assert.ok(text.includes(`| \`${setting}\` |`), setting);
  }
});
