import { Breakage } from '../errors.ts';
import { BuiltinFault, PolicyAbort } from './host.ts';
import { OutOfTime } from './meter/steps.ts';

/** Says in the gateway's words why an evaluation failed. */
export function translate(cause: unknown, entrypoint: string): Breakage {
  if (cause instanceof Breakage) return cause;
  if (cause instanceof OutOfTime) {
    return new Breakage('policy.deadline', `evaluating ${entrypoint} took longer than policy.max_evaluation_ms allows`, { cause });
  }
  if (isOutOfMemory(cause)) {
    return new Breakage('policy.memory', `evaluating ${entrypoint} needed more memory than policy.max_memory_mib allows`, { cause });
  }
  return new Breakage('policy.error', `evaluating ${entrypoint} failed: ${describeFault(cause)}`, { cause });
}

/** The module's allocator was refused, or the host was when it made room for the input. */
function isOutOfMemory(cause: unknown): boolean {
  if (cause instanceof BuiltinFault) return isOutOfMemory(cause.cause);
  if (cause instanceof PolicyAbort) return cause.message.includes('opa_malloc: failed');
  return cause instanceof RangeError && cause.message.includes('Memory.grow');
}

/** What an operator needs and nothing of the input: the module's aborts name a place in the policy; other messages may quote what they choked on. */
export function describeFault(cause: unknown): string {
  if (cause instanceof PolicyAbort) {
    return cause.message.endsWith('var assignment conflict')
      ? `${cause.message} (a complete rule has two values; let one win with else, or make it a set)`
      : cause.message.slice(0, 200);
  }
  if (cause instanceof BuiltinFault) return cause.message;
  if (cause instanceof WebAssembly.RuntimeError) return `the module trapped (${cause.message})`;
  if (cause instanceof RangeError) return 'out of memory or stack';
  if (cause instanceof SyntaxError) return 'the result is not JSON';
  return 'unexpected failure';
}
