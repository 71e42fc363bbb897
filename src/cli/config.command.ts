import type { Command } from 'commander';
import type { SettingReport } from '../app/config-report.js';
import { examples, type Context } from './context.js';

/** `castellan config` */
export function configCommand(program: Command, { output }: Context): void {
  program
    .command('config')
    .description('print the settings in force, with secrets masked')
    .option('--json', 'answer in JSON, errors too')
    .addHelpText(
      'after',
      `\nSettings come from the environment: docs/configuration.md has them all. No database is looked for.\n${examples('config', 'config --json')}`,
    )
    .action(async () => {
      const { reportConfig } = await import('../app/config-report.js');
      const report = reportConfig();
      await output.answer(report, linesOf(report.settings));
      for (const name of report.unknown) output.note(`${name} is no setting: docs/configuration.md has them all.`);
    });
}

function linesOf(settings: readonly SettingReport[]): string[] {
  const rows = settings.map(({ name, value, from }) => ({ name, value: value ?? 'none', from }));
  const [names, values] = [widthOf(rows.map(({ name }) => name)), widthOf(rows.map(({ value }) => value))];
  return rows.map(({ name, value, from }) => `${name.padEnd(names)}  ${value.padEnd(values)}  ${from}`);
}

function widthOf(texts: readonly string[]): number {
  return Math.max(...texts.map((text) => text.length));
}
