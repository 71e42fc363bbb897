import { describe, expect, it } from 'vitest';
import { commandsBelow } from '../../src/cli/command-tree.js';
import { helpOf, idleProgram, leavesOf, refusalOf, usesIn } from '../support/command-help.js';
import { projectFiles, read } from './project-files.js';

const program = idleProgram();
const commands = commandsBelow(program);

describe('the help of the command line', () => {
  it('has a description and an example for every command, and says what each argument and option is', () => {
    expect(leavesOf(program).length).toBeGreaterThan(12);
    for (const { words, command } of commands) {
      const name = words.join(' ');
      expect(command.description(), name).toMatch(/\w{3}/);
      expect(helpOf(command), name).toMatch(/\nExamples?:\n {2}\$ castellan /);
      for (const argument of command.registeredArguments)
        expect(argument.description, `${name} ${argument.name()}`).toMatch(/\w/);
      for (const option of command.options) expect(option.description, `${name} ${option.flags}`).toMatch(/\w/);
    }
  });

  it('shows examples that can be run: of the command itself, each with options that there are', async () => {
    for (const { words, command } of commands) {
      const examples = usesIn(helpOf(command));
      const name = words.join(' ');
      const lines = new Set(examples.map(({ line }) => line));
      expect(lines.size, name).toBeGreaterThan(0);
      for (const line of lines)
        expect(
          examples.some((use) => use.line === line && use.args.slice(0, words.length).join(' ') === name),
          `${name}: ${line}`,
        ).toBe(true);
      for (const { line, args } of examples) expect(await refusalOf(args), line).toBeUndefined();
    }
  });

  it('refuses an example that could not be run', async () => {
    expect(await refusalOf(['doctor', '--fx'])).toMatch(/unknown option/);
    expect(await refusalOf(['doctr'])).toMatch(/Did you mean doctor/);
    expect(await refusalOf(['check', 'user:alice'])).toMatch(/missing required argument/);
  });

  it('is kept to by every page of the documentation', async () => {
    const pages = projectFiles('docs').filter((path) => path.endsWith('.md'));
    const uses = ['README.md', ...pages].flatMap((path) =>
      usesIn(read(path)).map((use) => ({ ...use, line: `${path}: ${use.line}` })),
    );
    expect(uses.length).toBeGreaterThan(30);
    const refused: string[] = [];
    for (const { line, args } of uses) {
      const refusal = await refusalOf(args);
      if (refusal !== undefined) refused.push(`${line}: ${refusal}`);
    }
    expect(refused).toEqual([]);
  });
});
