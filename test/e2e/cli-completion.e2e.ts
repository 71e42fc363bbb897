import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { commandsBelow } from '../../src/cli/command-tree.js';
import { castellan } from '../support/castellan-command.js';
import { idleProgram } from '../support/command-help.js';

const run = promisify(execFile);
const program = idleProgram();
const commands = [{ words: [] as readonly string[], command: program }, ...commandsBelow(program)];

const flagsOf = (command: (typeof commands)[number]['command']): string[] =>
  command
    .createHelp()
    .visibleOptions(command)
    .flatMap(({ short, long }) => [short, long].filter((flag) => flag !== undefined));
const belowOf = (command: (typeof commands)[number]['command']): string[] => [
  ...command
    .createHelp()
    .visibleCommands(command)
    .map((below) => below.name()),
  ...command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []),
];

describe('castellan completion', () => {
  const scripts = { bash: '', zsh: '', fish: '' };

  beforeAll(async () => {
    for (const shell of ['bash', 'zsh', 'fish'] as const) {
      const { status, stdout, stderr } = await castellan({}, ['completion', shell]);
      expect([status, stderr]).toEqual([0, '']);
      scripts[shell] = stdout;
    }
  });

  /** What bash would offer for each of the lines, of which the last word is being typed. */
  async function offered(lines: readonly (readonly string[])[]): Promise<string[][]> {
    const asked = lines.map((words) => {
      const quoted = ['castellan', ...words].map((word) => `'${word}'`).join(' ');
      return `COMP_WORDS=(${quoted}); COMP_CWORD=${words.length}; _castellan; echo "\${COMPREPLY[*]}"`;
    });
    const script = [scripts.bash, ...asked].join('\n');
    const { stdout, stderr } = await run('bash', ['--norc', '-u', '-c', script]);
    expect(stderr).toBe('');
    return stdout
      .split('\n')
      .slice(0, -1)
      .map((line) => line.split(' ').filter((word) => word !== ''));
  }

  it('has bash offer the commands, options and choices of each command, and no others', async () => {
    const words = await offered(commands.map((each) => [...each.words, '']));
    const options = await offered(commands.map((each) => [...each.words, '-']));
    for (const [index, { words: name, command }] of commands.entries()) {
      expect(words[index]?.toSorted(), name.join(' ')).toEqual(belowOf(command).toSorted());
      expect(options[index]?.toSorted(), name.join(' ')).toEqual(flagsOf(command).toSorted());
    }
    expect(words[0]).toContain('doctor');
    expect(options.flat().length).toBeGreaterThan(50);
  });

  it('has bash go by what stands before: beginnings, values of options, arguments, and nothing behind --', async () => {
    const lines = [
      ['pris', 'prisma'],
      ['prisma view --id ', 'uuid int bigint text'],
      ['prisma view document --id u', 'uuid'],
      ['prisma view --id = b', 'bigint'],
      ['doctor --wait ', ''],
      ['doctor --wait 5 --f', '--fix'],
      ['check user:alice list --js', '--json'],
      ['completion ', 'bash zsh fish'],
      ['run -- ', ''],
      ['help pri', 'prisma'],
    ] as const;
    const answers = await offered(lines.map(([line]) => line.split(' ')));
    expect(answers.map((words) => words.join(' '))).toEqual(lines.map(([, expected]) => expected));
  });

  it.each(['zsh', 'fish'] as const)('names all commands, options and choices in the script for %s', (shell) => {
    const script = scripts[shell];
    for (const { words, command } of commands) {
      const name = words.join(' ');
      const lines = script
        .split('\n')
        .filter((line) => line.includes(shell === 'zsh' ? `('${name}')` : `__castellan_at \\'${name}\\'`));
      const text = lines.join('\n');
      for (const word of belowOf(command)) expect(text, `${name} ${word}`).toContain(`'${word}`);
      for (const { short, long, argChoices } of command.createHelp().visibleOptions(command)) {
        const flags = shell === 'zsh' ? [short, long] : [short?.replace('-', '-s '), long?.replace('--', '-l ')];
        for (const flag of flags) if (flag !== undefined) expect(text, name).toContain(flag);
        for (const choice of argChoices ?? []) expect(script, name).toContain(choice);
      }
    }
  });

  it('has balanced quotes in each script, whatever descriptions say', async () => {
    await run('bash', ['-n', '-c', scripts.bash]);
    for (const line of scripts.fish.split('\n').filter((each) => each.startsWith('complete')))
      expect(line.replaceAll(/'(?:[^'\\]|\\.)*'/g, ''), line).not.toContain("'");
    for (const line of scripts.zsh.split('\n'))
      expect(line.replaceAll("'\\''", '').replaceAll(/'[^']*'/g, ''), line).not.toContain("'");
  });

  it('refuses a shell that it does not know, and names those it does', async () => {
    expect(await castellan({}, ['completion', 'tcsh'])).toMatchObject({
      status: 64,
      stderr: expect.stringMatching(/bash, zsh, fish/) as string,
    });
  });
});
