#!/usr/bin/env node
import { Command } from 'commander';
import { ConfigurationError } from '../config/problem.ts';
import { Breakage } from '../errors.ts';
import { version } from '../version.ts';
import { CommandError } from './command-error.ts';
import { makeConfigCommand } from './config/config.ts';
import { makeKeysCommand } from './keys/keys.ts';
import { locateKeys } from './keys/locate.ts';
import { makeLogCommand } from './log/log.ts';
import { makeLoginCommand, makeLogoutCommand, makeTokenCommand } from './login/login.ts';
import { makePolicyCommand } from './policy/policy.ts';
import { makeRevokeCommand } from './revoke.ts';
import { makeDemoCommand } from './serve/demo.ts';
import { makeServeCommand } from './serve/serve.ts';
import { makeTokensCommand } from './tokens.ts';

const program = new Command('regate')
  .description('A policy-engine-centric gateway for LLM traffic: every request mapped to a person, decided by one Rego policy, recorded.')
  .version(version)
  .showHelpAfterError('(add --help for what there is)')
  .addCommand(makeServeCommand())
  .addCommand(makeDemoCommand())
  .addCommand(makePolicyCommand())
  .addCommand(makeConfigCommand())
  .addCommand(makeKeysCommand(locateKeys))
  .addCommand(makeRevokeCommand())
  .addCommand(makeLoginCommand())
  .addCommand(makeTokenCommand())
  .addCommand(makeLogoutCommand())
  .addCommand(makeTokensCommand())
  .addCommand(makeLogCommand());

try {
  await program.parseAsync();
} catch (error) {
  process.stderr.write(`regate: ${explain(error)}\n`);
  process.exitCode = 2;
}

/** Errors that people meet are sentences; a stack is for errors that nobody foresaw. */
function explain(error: unknown): string {
  if (error instanceof ConfigurationError) return `the configuration cannot be used\n${error.message}`;
  if (error instanceof Breakage || error instanceof CommandError) return error.message;
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return describeSystemError(error.code, error.message);
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

function describeSystemError(code: string, message: string): string {
  if (code === 'EADDRINUSE') return `${message}: something listens there already; stop it, or choose another port`;
  if (code === 'EACCES') return `${message}: not permitted; choose a port above 1023, or a path that this user may write`;
  return message;
}
