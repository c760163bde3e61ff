import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { codeOf, post, serve } from '../pipeline/collect/given.ts';

/*
 * JSON parsers disagree on which of two equal keys counts. A gateway that goes by the one and a backend that goes by the other authorise one model
 * and run another.
 */
suite('the same key twice', async () => {
  const at = await serve();
  after(at.close);
  for (const body of [
    '{"model":"small","model":"frontier"}',
    '{"model":"small","model":"small"}',
    '{"model":"small","\\u006dodel":"frontier"}',
    '{"\\u006d\\u006f\\u0064\\u0065\\u006c":"frontier","model":"small"}',
    `{"model":"small",${Array.from({ length: 50 }, (_, i) => `"k${i}":0`).join()},"model":"frontier"}`,
    '{"model":"small","stream_options":{"include_usage":false,"include_usage":true}}',
    '{"model":"small","tools":[{"type":"function","type":"mcp","function":{"name":"f"}}]}',
  ]) {
    test(body.slice(0, 90), async () => {
      const handled = at.handled();
      await at.open(post(body));
      assert.equal(codeOf((await handled).result), 'json.duplicate-key');
    });
  }
});
