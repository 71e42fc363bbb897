import type { Command } from 'commander';
import type { RuleOptions, WindowOptions } from '../app/administration/read-arguments.js';
import { administer, answerWrite } from './administering.js';
import { examples, writing, type Context, type DeleteOptions, type WriteOptions } from './context.js';
import { ruleOptions, windowOptions } from './rule-options.js';
import { takeBack } from './take-back.js';
import { toldGrant } from './told-things.js';

const HELP = `
Without an object it counts everywhere. What is granted already stays as it is, and that is fine.
`;
const REVOKE_HELP = `
Names the grant by its id, or by what it says; without an object, the one that counts everywhere. Where several say the same of subject,
permission and object (and differ in a condition, fields or times), it lists them and takes none, unless --all is there.
`;

/** `castellan grant SUBJECT PERMISSION [OBJECT]` and `castellan revoke`. */
export function grantCommands(program: Command, context: Context): void {
  windowOptions(ruleOptions(writing(program.command('grant').description('give a permission to a subject'))))
    .argument('<subject>', 'a user, group, service or role, as type:id')
    .argument('<permission>', 'such as post:view')
    .argument('[object]', 'on this object and all below it, as type:id')
    .addHelpText(
      'after',
      HELP +
        examples(
          'grant user:alice post:change post:123',
          'grant group:staff post:view --until 2027-01-01T00:00:00Z',
          `grant role:author post:change --condition '{"resource.status":"draft"}'`,
        ),
    )
    .action(async (subject: string, permission: string, object: string | undefined, given: GrantOptions) => {
      const { readGrant } = await import('../app/administration/read-arguments.js');
      const body = readGrant(subject, permission, object, given);
      const { record, created } = await administer(context, given, ({ grants }) => grants.create(body));
      const line = `${created ? 'Granted' : 'It is granted already'}: ${toldGrant(record)}`;
      await answerWrite(context, given, { created, grant: record }, [line], [record.id]);
    });
  writing(program.command('revoke').description('take a permission from a subject again'))
    .argument('<subject-or-id>', 'who holds it, as type:id; or the id of the grant')
    .argument('[permission]', 'such as post:view')
    .argument('[object]', 'where it was granted, as type:id')
    .option('--all', 'all grants that match')
    .addHelpText(
      'after',
      REVOKE_HELP + examples('revoke user:alice post:change post:123', 'revoke 0199c7a2-5b1e-7c3d-9a51-6f0d2f4e8b10'),
    )
    .action(async (first: string, permission: string | undefined, object: string | undefined, given: RevokeOptions) => {
      const { readHolder, readObject, readPermissionName } = await import('../app/administration/read-arguments.js');
      const on = readObject(object);
      const filter =
        permission === undefined ? null : { subject: readHolder(first), permission: readPermissionName(permission) };
      await takeBack(context, given, {
        words: {
          one: 'grant',
          taken: 'Revoked',
          usage: 'castellan revoke SUBJECT PERMISSION [OBJECT], or castellan revoke ID',
        },
        id: filter ? null : first,
        from: ({ grants }) => grants,
        filter: { ...filter, ...(on ? { object: on } : {}) },
        object: on,
        told: toldGrant,
      });
    });
}

type GrantOptions = WriteOptions & RuleOptions & WindowOptions;
type RevokeOptions = DeleteOptions & { readonly all?: true };
