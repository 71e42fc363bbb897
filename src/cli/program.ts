import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { assignCommands } from './assign.command.js';
import { applyCommand } from './apply.command.js';
import { changesCommand } from './changes.command.js';
import { checkCommand } from './check.command.js';
import { commandOf, withoutHelpWord } from './command-tree.js';
import type { Context } from './context.js';
import { demoCommand } from './demo.command.js';
import { doctorCommand } from './doctor.command.js';
import { dumpCommand } from './dump.command.js';
import { EXIT } from './exit-status.js';
import { explainCommand } from './explain.command.js';
import { exportCommand } from './export.command.js';
import { gcCommand } from './gc.command.js';
import { grantCommands } from './grant.command.js';
import { groupCommands } from './group.command.js';
import { importCommand } from './import.command.js';
import { initCommand } from './init.command.js';
import { listCommand } from './list.command.js';
import { migrateCommand } from './migrate.command.js';
import { objectCommands } from './object.command.js';
import { Output } from './output.js';
import { planCommand } from './plan.command.js';
import { prismaCommands } from './prisma.command.js';
import { roleCommands } from './role.command.js';
import { runCommand } from './run.command.js';
import { seedCommand } from './seed.command.js';
import { serveCommand } from './serve.command.js';
import { statusCommand } from './status.command.js';
import { testCommand } from './test.command.js';
import { CommandError } from './command-error.js';
import { completionCommand } from './completion.command.js';
import { configCommand } from './config.command.js';
import { typeCommands } from './type.command.js';
import { userCommands } from './user.command.js';
import { whatCanCommand } from './what-can.command.js';
import { whoCanCommand } from './who-can.command.js';

/** How a run of the command line ended; `atOnce` when nothing that still goes on is to be waited for. */
export interface Run {
  readonly status: number;
  readonly atOnce: boolean;
}

/**
 * Runs one command line, the arguments after `castellan`. It never throws: whatever goes wrong is written to stderr.
 *
 * @example
 * const { status } = await run(['check', 'user:alice', 'view', 'post:123']);
 */
export async function run(args: readonly string[]): Promise<Run> {
  const end = args.indexOf('--');
  const output = new Output((end < 0 ? args : args.slice(0, end)).includes('--json'));
  let status: number = EXIT.fine;
  const program = makeProgram({
    output,
    finish: (ended) => {
      status = ended;
    },
  });
  const line = withoutHelpWord(program, args);
  try {
    await program.parseAsync(line, { from: 'user' });
    return { status, atOnce: false };
  } catch (error) {
    return report(error, output, ['castellan', ...commandOf(program, line).words].join(' '));
  }
}

/** The whole of the command line, as a tree of commands. */
export function makeProgram(context: Context): Command {
  const program = new Command('castellan')
    .description('Who may do what, on which object: run the service, and look after its database.')
    .version(versionOfPackage(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show how it is used')
    .helpCommand('help [command...]', 'show how a command is used')
    .showSuggestionAfterError()
    .configureOutput({ outputError: () => {} })
    .exitOverride()
    .addHelpText('after', EPILOGUE);
  const questions = [checkCommand, listCommand, whoCanCommand, whatCanCommand, explainCommand, changesCommand];
  for (const add of [
    serveCommand,
    configCommand,
    migrateCommand,
    initCommand,
    testCommand,
    planCommand,
    applyCommand,
    seedCommand,
    grantCommands,
    assignCommands,
    userCommands,
    groupCommands,
    roleCommands,
    typeCommands,
    objectCommands,
    ...questions,
    exportCommand,
    importCommand,
    dumpCommand,
    doctorCommand,
    gcCommand,
    statusCommand,
    demoCommand,
    completionCommand,
    prismaCommands,
    runCommand,
  ])
    add(program, context);
  return program;
}

const EPILOGUE = `
The database is the one of DATABASE_URL, or else the project's own in CASTELLAN_DATA_DIR (.castellan).

Exit status: 0 fine, or allowed; 1 not done, or denied; 2 changes pending;
64 wrong use; 69 database out of reach.

Example:
  $ castellan seed demo/demo.yaml
  $ castellan check user:carol change post:123`;

async function report(error: unknown, output: Output, command: string): Promise<Run> {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return { status: EXIT.fine, atOnce: false };
    // Without a command, commander has shown the help already.
    if (error.code !== 'commander.help' || output.json)
      output.error({ code: 'usage', message: messageOf(error, command) });
    return { status: EXIT.usage, atOnce: false };
  }
  if (error instanceof CommandError) {
    output.error({ code: error.code, message: error.message });
    return { status: error.status, atOnce: false };
  }
  const { failureOf } = await import('../app/operator-failures.js');
  const { kind, ...failure } = failureOf(error);
  // Problems of a file are told as compilers do, each line beginning with its place.
  output.error(failure, failure.problems ? `${failure.message}\ncastellan: nothing was changed` : undefined);
  const statuses = {
    usage: EXIT.usage,
    unavailable: EXIT.unavailable,
    interrupted: EXIT.interrupted,
    failed: EXIT.no,
    unexpected: EXIT.no,
  };
  return { status: statuses[kind], atOnce: kind === 'interrupted' };
}

function messageOf({ code, message }: CommanderError, command: string): string {
  if (code === 'commander.help') return `name a command; ${command} --help lists them`;
  const said = message
    .replace(/^error: /, '')
    .replaceAll('\n', ' ')
    .replace(/\.?$/, '.');
  return `${said} See ${command} --help.`;
}

function versionOfPackage(): string {
  // src/cli and dist/cli are equally deep.
  const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  return manifest.version;
}
