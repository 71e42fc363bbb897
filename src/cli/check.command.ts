import type { Command } from 'commander';
import type { Checked } from '../app/administration/questions.js';
import { administer } from './administering.js';
import { examples, onDatabaseOrService, type Context, type PlaceOptions } from './context.js';
import { EXIT } from './exit-status.js';

const HELP = `
Prints allow or deny with the reason, and exits with 0 or 1. Errors go to stderr and exit with 1 too, but print no answer:
a script that must tell them apart reads the answer, or --json.
`;

/** `castellan check SUBJECT ACTION OBJECT` */
export function checkCommand(program: Command, context: Context): void {
  const { output, finish } = context;
  onDatabaseOrService(
    program.command('check').description('tell whether a subject may do an action on an object, and why'),
  )
    .argument('<subject>', 'who, as type:id')
    .argument('<action>', 'such as view')
    .argument('<object>', 'on what, as type:id')
    .addHelpText('after', HELP + examples('check user:alice view post:123', 'check group:anyone view post:123 --json'))
    .action(async (subject: string, action: string, object: string, given: PlaceOptions) => {
      const { readCheck } = await import('../app/operator-questions.js');
      const question = readCheck(subject, action, object);
      const answer = await administer(context, given, ({ questions }) => questions.check(question));
      const word = answer.allowed ? output.paint('green', 'allow') : output.paint('red', 'deny');
      const { allowed, reason, notes } = answer;
      const rules = answer.rules.map(({ id, source, effect, placed }) => ({ id, source, effect, placed }));
      const decision = allowed ? 'allow' : 'deny';
      const lines = [`${word}: ${told(answer, subject, action, object)}`, ...notes];
      await output.answer({ decision, reason, rules, notes }, lines, [decision]);
      finish(allowed ? EXIT.fine : EXIT.no);
    });
}

function told({ reason, rules }: Checked, subject: string, action: string, object: string): string {
  if (reason === null) return 'why is told to whoever has access:evaluate.';
  const [rule] = rules;
  const found = `${rule?.source === 'role' ? 'a rule of a role' : 'a grant'}, placed ${rule?.placed === 'object' ? `on ${object}` : 'everywhere'}`;
  const type = object.slice(0, object.indexOf(':'));
  const sentences: Readonly<Record<NonNullable<Checked['reason']>, string>> = {
    superuser: `${subject} is a superuser.`,
    rule_allows: `${found}, allows it.`,
    rule_denies: `${found}, denies it.`,
    subject_inactive: `${subject} is not active.`,
    narrowed: 'the token does not name it.',
    unknown_type: `there is no type ${type}.`,
    unknown_action: `${action} is no action of the type ${type}.`,
    no_rule_allows: 'no rule allows it.',
  };
  return sentences[reason];
}
