import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type GoMachine, GoMachineFault, makeGoMachine } from '../../../gateway/engine/go-builtins/go-machine.ts';
import { limitMemory } from '../../../gateway/engine/go-builtins/limit-memory.ts';
import { readGoModule } from '../../../gateway/engine/go-builtins/read-go-module.ts';
import { status } from '../../../gateway/engine/go-builtins/thread-data.ts';
import { OutOfTime } from '../../../gateway/engine/meter/steps.ts';
import { formatRegoValue, type RegoValue } from '../../../gateway/engine/rego-value.ts';
import { Breakage } from '../../../gateway/errors.ts';
import { whereBuilt } from './where-built.ts';

const make = (patienceMs: number, directory?: string) =>
  makeGoMachine({ readModule: () => readGoModule(directory), patienceMs, maxMemoryBytes: 80 << 20, warmUp: false });

/** Calls any of OPA's built-ins, at midnight of 1 January 1970. */
function call(machine: GoMachine, name: string, ...args: RegoValue[]): readonly [number | undefined, string] {
  const response = machine.call(new TextEncoder().encode(formatRegoValue([name, args, 0])));
  return [response[0], new TextDecoder().decode(response.subarray(1))];
}

describe('the machine of the Go built-ins', whereBuilt, () => {
  const machine = make(1000);
  before(() => machine.start());
  after(() => machine.stop());

  it('answers with the value', () => {
    assert.deepEqual(call(machine, 'yaml.unmarshal', 'a: [1, 2]'), [status.value, '{"a":[1,2]}']);
  });

  it('says where OPA has no value, apart from where it cannot answer', () => {
    assert.equal(call(machine, 'yaml.unmarshal', 'a: [1')[0], status.undefined);
    assert.equal(call(machine, 'yaml.unmarshal')[0], status.fault);
    assert.equal(call(machine, 'no.such')[0], status.fault);
    assert.equal(machine.call(new TextEncoder().encode('{'))[0], status.fault);
  });

  for (const name of ['http.send', 'net.lookup_ip_addr', 'opa.runtime', 'rego.parse_module']) {
    it(`never calls ${name}`, () => {
      const args = { 'opa.runtime': [], 'rego.parse_module': ['a.rego', 'package a'] }[name] ?? ['127.0.0.1'];
      assert.deepEqual(call(machine, name, ...args), [status.fault, `no such built-in: ${name}`]);
    });
  }

  it('does not fetch what a schema refers to', () => {
    const schema = new Map([['$ref', 'http://127.0.0.1:1/schema.json']]);
    assert.deepEqual(call(machine, 'json.match_schema', new Map(), schema)[0], status.undefined);
  });

  it('answers a call as it did before', () => {
    for (const name of ['regex.split', 'json.match_schema', 'graphql.schema_is_valid']) {
      const args = { 'regex.split': ['a', 'bab'], 'json.match_schema': ['1', '{"type":"number"}'] }[name] ?? ['type Query { a: Int }'];
      const first = call(machine, name, ...args);
      assert.equal(first[0], status.value);
      assert.deepEqual(call(machine, name, ...args), first);
    }
  });

  it('takes bytes that are no text for a fault, not for a value', () => {
    assert.equal(call(machine, 'hex.decode', 'ff')[0], status.fault);
  });

  it('fails when its memory is full, and answers the next call', { timeout: 30_000 }, async () => {
    const patient = make(20_000);
    await patient.start();
    assert.deepEqual(call(patient, 'net.cidr_expand', '10.0.0.0/8'), [status.fault, 'the module broke off']);
    assert.deepEqual(call(patient, 'yaml.unmarshal', '1'), [status.value, '1']);
    await patient.stop();
  });
});

describe('a call that does not end', whereBuilt, () => {
  it('is broken off, and the next one is answered by a new thread', async () => {
    const machine = make(300);
    await machine.start();
    const began = performance.now();
    assert.throws(() => call(machine, 'strings.render_template', '{{range 1000000000000}}{{end}}', new Map()), OutOfTime);
    assert.ok(performance.now() - began < 3000, 'the caller waits no longer than its patience');
    await machine.start();
    assert.deepEqual(call(machine, 'strings.render_template', 'Hello {{.name}}', new Map([['name', 'Ada']])), [
      status.value,
      '"Hello Ada"',
    ]);
    await machine.stop();
  });

  it('is broken off earlier where the evaluation has less time left', async () => {
    const machine = make(60_000);
    await machine.start();
    const request = formatRegoValue(['strings.render_template', ['{{range 1000000000000}}{{end}}', new Map()], 0]);
    assert.throws(() => machine.call(new TextEncoder().encode(request), 20), OutOfTime);
    await machine.stop();
  });
});

describe('a machine that cannot run', () => {
  it('breaks at a call before it is started', () => {
    const machine = make(10);
    assert.throws(() => call(machine, 'yaml.unmarshal', '1'), GoMachineFault);
  });

  it('says that the module is not built, and how to build it', async () => {
    const empty = mkdtempSync(join(tmpdir(), 'regate-empty-'));
    const machine = make(10, empty);
    await assert.rejects(machine.start(), (error) => error instanceof Breakage && /npm run toolchain/.test(error.message));
    rmSync(empty, { recursive: true });
  });
});

describe('limiting a module’s memory', () => {
  /** The smallest module with a memory of one page. */
  const module = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 5, 3, 1, 0, 1, 7, 5, 1, 1, 0x6d, 2, 0);

  it('lets the memory grow to the limit and no further', () => {
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(limitMemory(module, 3 << 16)), {});
    const memory = exports['m'] as WebAssembly.Memory;
    memory.grow(2);
    assert.throws(() => memory.grow(1), RangeError);
  });

  it('does not take what it does not know', () => {
    assert.throws(() => limitMemory(module.slice(0, 8), 1 << 20), SyntaxError);
    assert.throws(() => limitMemory(limitMemory(module, 3 << 16), 1 << 20), SyntaxError);
  });
});
