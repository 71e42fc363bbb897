import type { Command } from 'commander';

/** One command of the tree: the words that name it, and itself. */
export interface NamedCommand {
  readonly words: readonly string[];
  readonly command: Command;
}

/** All commands below one, each before those below it. */
export function commandsBelow(command: Command, words: readonly string[] = []): NamedCommand[] {
  return command.commands.flatMap((below) => {
    const named = [...words, below.name()];
    return [{ words: named, command: below }, ...commandsBelow(below, named)];
  });
}

/** The command that the words begin with, as deep as they go; `rest` are those that name none. */
export function commandOf(
  program: Command,
  args: readonly string[],
): NamedCommand & { readonly rest: readonly string[] } {
  let command = program;
  let deep = 0;
  for (; deep < args.length; deep += 1) {
    const word = args[deep];
    const below = command.commands.find((each) => each.name() === word || each.aliases().includes(word ?? ''));
    if (!below) break;
    command = below;
  }
  return { words: args.slice(0, deep), command, rest: args.slice(deep) };
}

/** The line without a `help` in front, which stands for `--help` behind; so it works for commands below commands, too. */
export function withoutHelpWord(program: Command, args: readonly string[]): readonly string[] {
  if (args[0] !== 'help') return args;
  const { words, command, rest } = commandOf(
    program,
    args.slice(1).filter((word) => word !== 'help'),
  );
  // A word that names nothing is commander's to refuse, which knows the near one.
  if (command.commands.length > 0 && rest.some((word) => !word.startsWith('-'))) return [...words, ...rest];
  return [...words, '--help'];
}
