import type { Command } from 'commander';
import { makeProgram } from '../../src/cli/program.js';
import { Output } from '../../src/cli/output.js';
import { commandsBelow, type NamedCommand } from '../../src/cli/command-tree.js';

const output = new Output(true);

/** The command line's tree, in which no command does anything. */
export function idleProgram(): Command {
  const program = makeProgram({ output, finish: () => {} });
  for (const { command } of commandsBelow(program)) if (command.commands.length === 0) command.action(() => {});
  return program;
}

/** The commands that do something, and not those that only hold others. */
export function leavesOf(program: Command): NamedCommand[] {
  return commandsBelow(program).filter(({ command }) => command.commands.length === 0);
}

/** All that `--help` shows of a command. */
export function helpOf(command: Command): string {
  let text = '';
  command.configureOutput({ writeOut: (shown) => (text += shown) });
  command.outputHelp();
  return text;
}

/** The uses of `castellan` that a text shows behind a prompt or `npx`, as the arguments that it is given; of a line with pipes, all. */
export function usesIn(text: string): { line: string; args: string[] }[] {
  return [...text.matchAll(/^ *(?:\$ |(?:- )?run: (?=npx )|(?=npx ))(.*)$/gm)].flatMap(([line, shown = '']) =>
    shown
      .split(/ \| | && /)
      .map((part) => /^(?:npx )?castellan (.*)$/.exec(part)?.[1])
      .filter((rest) => rest !== undefined)
      .map((rest) => ({ line: line.trim(), args: argumentsIn(rest) })),
  );
}

/** What a shell would make of the words, up to where it would take over: a comment, a pipe, a redirection. */
export function argumentsIn(words: string): string[] {
  const args: string[] = [];
  for (const [token] of words.matchAll(/"[^"]*"|'[^']*'|[^\s"']+/g)) {
    if (/^(#|[|<>;]|&&|\d?>)/.test(token)) break;
    args.push(token.replace(/^(["'])(.*)\1$/, '$2'));
  }
  return args;
}

/** Why commander would not take the line; undefined when it would. */
export async function refusalOf(args: readonly string[]): Promise<string | undefined> {
  const program = idleProgram();
  for (const { command } of commandsBelow(program)) quieten(command);
  quieten(program);
  try {
    await program.parseAsync(args, { from: 'user' });
    return undefined;
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    return code === 'commander.helpDisplayed' || code === 'commander.version' ? undefined : message;
  }
}

function quieten(command: Command): void {
  const nowhere = (): void => {};
  command.configureOutput({ writeOut: nowhere, writeErr: nowhere, outputError: nowhere }).exitOverride();
}
