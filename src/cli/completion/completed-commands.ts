import type { Command, Option } from 'commander';
import { commandsBelow } from '../command-tree.js';

/** A word that can be put in, and what it does. */
export interface CompletedWord {
  readonly word: string;
  readonly says: string;
}

/** An option that can be put in. */
export interface CompletedOption {
  readonly short: string | undefined;
  readonly long: string | undefined;
  readonly says: string;
  readonly takesValue: boolean;
  /** The values it takes; [] where they are not fixed. */
  readonly choices: readonly string[];
}

/** What can follow the words of one command; `''` is the program itself. */
export interface CompletedCommand {
  readonly name: string;
  /** Commands below it, or values of its arguments; [] where they are not fixed. */
  readonly words: readonly CompletedWord[];
  readonly options: readonly CompletedOption[];
}

/** All that can be put in, command by command, as commander has them. */
export function completedCommands(program: Command): CompletedCommand[] {
  const all = [{ words: [], command: program }, ...commandsBelow(program)];
  return all.map(({ words, command }) => ({
    name: words.join(' '),
    words: wordsOf(command),
    options: command.createHelp().visibleOptions(command).map(optionOf),
  }));
}

/** The patterns `<command so far> <next word>` that lead to a command below. */
export function stepsOf(commands: readonly CompletedCommand[]): string[] {
  return commands.flatMap(({ name }) => {
    if (name === '') return [];
    const end = name.lastIndexOf(' ');
    return [end < 0 ? ` ${name}` : `${name.slice(0, end)} ${name.slice(end + 1)}`];
  });
}

/** The names of an option, those that there are. */
export function flagsOf({ short, long }: CompletedOption): string[] {
  return [short, long].filter((flag) => flag !== undefined);
}

function wordsOf(command: Command): CompletedWord[] {
  const help = command.createHelp();
  const below = help.visibleCommands(command).map((each) => ({ word: each.name(), says: oneLine(each.description()) }));
  const values = command.registeredArguments.flatMap(({ argChoices = [], description }) =>
    argChoices.map((word) => ({ word, says: oneLine(description) })),
  );
  return [...below, ...values];
}

function optionOf(option: Option): CompletedOption {
  const { short, long, description, argChoices = [] } = option;
  const takesValue = option.required || option.optional;
  return { short, long, says: oneLine(description), takesValue, choices: argChoices };
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim();
}
