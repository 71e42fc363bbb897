import type { Command } from 'commander';

/** Adds what says more of a rule than its permission. */
export function ruleOptions(command: Command): Command {
  return command
    .option('--deny', 'a rule that denies')
    .option('--condition <json>', 'a condition that must hold, such as \'{"resource.status":"draft"}\'')
    .option('--fields <names...>', 'these fields only');
}

/** Adds when a grant or an assignment counts. */
export function windowOptions(command: Command): Command {
  return command
    .option('--from <time>', 'from this time on, such as 2027-01-01T00:00:00Z')
    .option('--until <time>', 'until this time');
}
