import type { Option } from 'commander';
import { describe, expect, it } from 'vitest';
import { commandsBelow } from '../../src/cli/command-tree.js';
import { idleProgram, leavesOf, usesIn } from '../support/command-help.js';
import { read } from './project-files.js';

const page = read('docs/cli.md');
const [top = '', ...rest] = page.split(/^## /m);
const sections = new Map(
  rest.map((text): [string, string] => [text.slice(0, text.indexOf('\n')).replaceAll('`', '').trim(), text]),
);
const program = idleProgram();
const leaves = leavesOf(program).map(({ words, command }) => ({ name: words.join(' '), command }));
const allOptions = new Set([
  '--help',
  '--version',
  ...commandsBelow(program).flatMap(({ command }) => command.options.map(({ long }) => long)),
]);

/** A section tells of the command of its heading; several may be told of in one, as `dump, import`, or as the group that they are in. */
function sectionOf(name: string): string | undefined {
  const group = name.split(' ', 1).join('');
  const of = (wanted: string) => [...sections].find(([heading]) => heading.split(/, /).includes(wanted))?.[1];
  return of(name) ?? of(group);
}

function isNamedIn(text: string, option: Option): boolean {
  return new RegExp(`${option.long ?? option.short}(?![\\w-])`).test(text);
}

describe('the page on the command line', () => {
  it('has a row in its table and a section for each command, and for no other', () => {
    const rows = [...top.matchAll(/^\| (`[a-z].*?`) +\|/gm)].map(([, cell = '']) => cell);
    const names = new Set(commandsBelow(program).map(({ words }) => words.join(' ')));
    const isListed = (name: string): boolean => {
      const [group = '', below = group] = name.split(' ');
      return rows.some((cell) => cell.startsWith(`\`${group}`) && new RegExp(`\\b${below}(?![\\w-])`).test(cell));
    };
    expect(leaves.map(({ name }) => name).filter((name) => !isListed(name))).toEqual([]);
    expect(rows.filter((cell) => !names.has(/`([a-z-]+)/.exec(cell)?.[1] ?? '') && !cell.startsWith('`help'))).toEqual(
      [],
    );
    expect(leaves.map(({ name }) => name).filter((name) => sectionOf(name) === undefined)).toEqual([]);
    const headings = [...sections.keys()].flatMap((heading) => heading.split(/, /));
    expect(headings.filter((heading) => /^[a-z]/.test(heading) && !names.has(heading))).toEqual([]);
  });

  it('tells of each option of each command, with its choices and what it is without being given', () => {
    const missing = leaves.flatMap(({ name, command }) => {
      const section = sectionOf(name) ?? '';
      return command.options.flatMap((option) => {
        const text = isNamedIn(section, option) ? section : top;
        if (!isNamedIn(text, option)) return [`${name}: ${option.flags}`];
        const values = [...(option.argChoices ?? []), ...defaultOf(option)];
        return values
          .filter((value) => !(section + top).includes(value))
          .map((value) => `${name}: ${option.flags}: ${value}`);
      });
    });
    expect(missing).toEqual([]);
  });

  it('shows no option that there is not, in its examples nor in what it says', () => {
    const known = (flag: string): boolean => allOptions.has(flag);
    for (const [heading, text] of sections) {
      // What stands behind -- is another program's.
      const flags = [...text.replaceAll(/ -- .*$/gm, '').matchAll(/(?<![\w-])--[a-z][a-z-]*/g)].map(([flag]) => flag);
      expect(
        flags.filter((flag) => !known(flag)),
        heading,
      ).toEqual([]);
    }
  });

  it('has an example in the section of each command', () => {
    const without = leaves.filter(({ name }) => {
      const uses = usesIn(sectionOf(name) ?? '');
      return !uses.some(({ args }) => args.join(' ').startsWith(name));
    });
    expect(without.map(({ name }) => name)).toEqual([]);
  });
});

function defaultOf({ defaultValue, defaultValueDescription }: Option): string[] {
  const value = defaultValueDescription ?? (defaultValue as unknown);
  return typeof value === 'string' || typeof value === 'number' ? [String(value)] : [];
}
