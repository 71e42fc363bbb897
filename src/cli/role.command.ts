import type { Command } from 'commander';
import type { RuleOptions } from '../app/administration/read-arguments.js';
import { administer, answerWrite, deleteNamed, printAll } from './administering.js';
import {
  deleting,
  examples,
  onDatabaseOrService,
  writing,
  type Context,
  type DeleteOptions,
  type PlaceOptions,
  type WriteOptions,
} from './context.js';
import { roleEditCommands } from './role-edit.command.js';
import { toldRule } from './told-things.js';

interface RoleOptions extends WriteOptions, RuleOptions {
  readonly description?: string;
  readonly rule?: readonly string[];
  readonly include?: readonly string[];
}

/** `castellan role …` */
export function roleCommands(program: Command, context: Context): void {
  const role = program
    .command('role')
    .description('look after roles, their rules and what they include')
    .addHelpText('after', examples('role create editor --rule post:view post:change', 'role add editor post:publish'));
  writing(role.command('create').description('make a role'))
    .argument('<role>', 'its id')
    .option('--description <text>', 'what it is for')
    .option('--rule <permission...>', 'what it allows, such as post:view')
    .option('--include <role...>', 'ids of roles whose rules it has as well')
    .addHelpText('after', examples('role create editor --rule post:view post:change --include reader'))
    .action(async (id: string, given: RoleOptions) => {
      const { readRule } = await import('../app/administration/read-arguments.js');
      const { description, rule: rules = [], include: includes = [] } = given;
      const body = { id, description, rules: rules.map((permission) => readRule(permission, {})), includes };
      const made = await administer(context, given, ({ roles }) => roles.create(body));
      await answerWrite(context, given, made, [`Created role:${id}.`], [id]);
    });
  deleting(role.command('delete').description('delete a role, with all that it was assigned to'))
    .argument('<role>', 'its id')
    .addHelpText('after', examples('role delete editor', 'role delete editor --yes'))
    .action((id: string, given: DeleteOptions) =>
      deleteNamed(context, given, { type: 'role', id }, ({ roles }) => roles.delete(id)),
    );
  roleEditCommands(role, context);
  onDatabaseOrService(role.command('list').description('print all roles'))
    .addHelpText('after', examples('role list', 'role list --json'))
    .action(async (given: PlaceOptions) => {
      await administer(context, given, ({ roles }) =>
        printAll(context, roles.list(), ({ id, description }) =>
          description === null || given.quiet ? id : `${id}  ${description}`,
        ),
      );
    });
  onDatabaseOrService(role.command('show').description('print a role, its rules and what it includes'))
    .argument('<role>', 'its id')
    .addHelpText('after', examples('role show editor', 'role show editor --json'))
    .action(async (id: string, given: PlaceOptions) => {
      const one = await administer(context, given, ({ roles }) => roles.get(id));
      await context.output.answer(one, [
        `role:${id}${one.description === null ? '' : `  ${one.description}`}`,
        ...one.rules.map((rule) => `  ${toldRule(rule)}`),
        ...one.includes.map((other) => `  includes role:${other}`),
      ]);
    });
}
