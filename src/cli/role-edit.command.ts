import type { Command } from 'commander';
import type { RuleOptions } from '../app/administration/read-arguments.js';
import { administer, answerWrite } from './administering.js';
import { examples, writing, type Context, type WriteOptions } from './context.js';
import { ruleOptions } from './rule-options.js';
import { toldRule } from './told-things.js';

type RuleGiven = WriteOptions & RuleOptions;

/** `castellan role add`, `remove`, `include` and `exclude`: what a role says, changed by one. */
export function roleEditCommands(role: Command, context: Context): void {
  ruleOptions(writing(role.command('add').description('add a rule to a role')))
    .argument('<role>', 'its id')
    .argument('<permission>', 'such as post:publish')
    .addHelpText(
      'after',
      `\nA rule that the role has already stays, and that is fine.\n${examples(
        'role add editor post:publish',
        `role add author post:change --condition '{"resource.status":"draft"}'`,
      )}`,
    )
    .action(async (id: string, permission: string, given: RuleGiven) => {
      const { rule, edits } = await read(permission, given);
      const one = await administer(context, given, ({ roles }) => roles.edit(id, (was) => edits.withRule(was, rule)));
      await answerWrite(context, given, one, [`role:${id} has the rule ${toldRule(rule)}.`], [id]);
    });
  ruleOptions(writing(role.command('remove').description('take a rule from a role')))
    .argument('<role>', 'its id')
    .argument('<permission>', 'such as post:publish')
    .addHelpText(
      'after',
      `\nThe rule is the one that says all of what is named, and no more.\n${examples('role remove editor post:publish')}`,
    )
    .action(async (id: string, permission: string, given: RuleGiven) => {
      const { rule, edits } = await read(permission, given);
      const one = await administer(context, given, ({ roles }) =>
        roles.edit(id, (was) => edits.withoutRule(was, rule)),
      );
      await answerWrite(context, given, one, [`role:${id} has the rule ${toldRule(rule)} no more.`], [id]);
    });
  for (const [name, description, told] of [
    ['include', 'have a role include another', 'includes'],
    ['exclude', 'have a role include another no more', 'does not include'],
  ] as const)
    writing(role.command(name).description(description))
      .argument('<role>', 'its id')
      .argument('<other>', 'the id of the other')
      .addHelpText('after', examples(`role ${name} editor reader`))
      .action(async (id: string, other: string, given: WriteOptions) => {
        const { including, excluding } = await import('../app/administration/role-edits.js');
        const edit = name === 'include' ? including : excluding;
        const one = await administer(context, given, ({ roles }) => roles.edit(id, (was) => edit(was, other)));
        await answerWrite(context, given, one, [`role:${id} ${told} role:${other}.`], [id]);
      });
}

async function read(permission: string, given: RuleGiven) {
  const [{ readRule }, edits] = await Promise.all([
    import('../app/administration/read-arguments.js'),
    import('../app/administration/role-edits.js'),
  ]);
  return { rule: readRule(permission, given), edits };
}
