import type { Command } from 'commander';
import type { WindowOptions } from '../app/administration/read-arguments.js';
import { administer, answerWrite } from './administering.js';
import { examples, writing, type Context, type WriteOptions } from './context.js';
import { windowOptions } from './rule-options.js';
import { takeBack } from './take-back.js';
import { toldAssignment } from './told-things.js';

const HELP = `
Without an object the role counts everywhere. A subject that has it there already keeps it, and that is fine.
`;
const UNASSIGN_HELP = `
Names the assignment by its id, or by what it says; without an object, the one that counts everywhere. Where several differ in their times
only, it lists them and takes none, unless --all is there.
`;

/** `castellan assign SUBJECT ROLE [OBJECT]` and `castellan unassign`. */
export function assignCommands(program: Command, context: Context): void {
  windowOptions(writing(program.command('assign').description('give a role to a subject')))
    .argument('<subject>', 'a user, group or service, as type:id')
    .argument('<role>', 'the id of the role')
    .argument('[object]', 'on this object and all below it, as type:id')
    .addHelpText(
      'after',
      HELP + examples('assign user:alice editor', 'assign group:staff editor folder:7 --until 2027-01-01T00:00:00Z'),
    )
    .action(async (subject: string, role: string, object: string | undefined, given: WriteOptions & WindowOptions) => {
      const { readId, readMember, readObject, readWindow } = await import('../app/administration/read-arguments.js');
      const on = readObject(object);
      const body = {
        subject: readMember('SUBJECT', subject),
        role: readId('ROLE', role),
        ...(on ? { object: on } : {}),
        ...readWindow(given),
      };
      const { record, created } = await administer(context, given, ({ assignments }) => assignments.create(body));
      const line = `${created ? 'Assigned' : 'It is assigned already'}: ${toldAssignment(record)}`;
      await answerWrite(context, given, { created, assignment: record }, [line], [record.id]);
    });
  writing(program.command('unassign').description('take a role from a subject again'))
    .argument('<subject-or-id>', 'who has it, as type:id; or the id of the assignment')
    .argument('[role]', 'the id of the role')
    .argument('[object]', 'where it was assigned, as type:id')
    .option('--all', 'all assignments that match')
    .addHelpText(
      'after',
      UNASSIGN_HELP + examples('unassign user:alice editor', 'unassign 0199c7a2-5b1e-7c3d-9a51-6f0d2f4e8b10'),
    )
    .action(async (first: string, role: string | undefined, object: string | undefined, given: UnassignOptions) => {
      const { readMember, readObject } = await import('../app/administration/read-arguments.js');
      const on = readObject(object);
      const filter = role === undefined ? null : { subject: readMember('SUBJECT', first), role };
      await takeBack(context, given, {
        words: {
          one: 'assignment',
          taken: 'Unassigned',
          usage: 'castellan unassign SUBJECT ROLE [OBJECT], or castellan unassign ID',
        },
        id: filter ? null : first,
        from: ({ assignments }) => assignments,
        filter: { ...filter, ...(on ? { object: on } : {}) },
        object: on,
        told: toldAssignment,
      });
    });
}

type UnassignOptions = WriteOptions & { readonly all?: true };
