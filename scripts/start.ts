/*
 * What `npm start` runs. Without --config: the demo, whatever else is given. With --config FILE: that gateway, and nothing of the demo.
 * It fails where the command that it starts fails.
 *
 *   npm start
 *   npm start -- --port 8444
 *   npm start -- --config regate.yaml
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';

const given = process.argv.slice(2);
const command = given.some((argument) => argument === '--config' || argument.startsWith('--config=')) ? 'serve' : 'demo';
const program = join(import.meta.dirname, '..', 'gateway', 'cli', 'regate.ts');
const child = spawn(process.execPath, [program, command, ...given], { stdio: 'inherit' });
// A terminal sends its interrupt to the whole group, so the child has it already; a supervisor's SIGTERM reaches only this process.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => child.kill('SIGTERM'));
child.on('exit', (code, signal) => {
  process.exitCode = code ?? (signal === null ? 1 : 128);
});
