import type { Command } from 'commander';
import { administer } from './administering.js';
import { examples, onDatabaseOrService, type Context, type PlaceOptions } from './context.js';
import { EXIT } from './exit-status.js';
import { explanationText } from './explanation-text.js';

const HELP = `
Prints the verdict as check does, and under it each rule that counted, with the way by which it was reached, and each that nearly did,
with the reason why not. Without an id, the object is a type: the question is then about no object in particular.
Exits with 0 for allow and 1 for deny.
`;

/** `castellan explain SUBJECT ACTION OBJECT` */
export function explainCommand(program: Command, context: Context): void {
  const { output, finish } = context;
  onDatabaseOrService(
    program.command('explain').description('tell why a subject may or may not do an action on an object'),
  )
    .argument('<subject>', 'who, as type:id')
    .argument('<action>', 'such as view')
    .argument('<object>', 'on what, as type:id; or a type')
    .addHelpText('after', HELP + examples('explain user:dave view post:123', 'explain user:alice add post --json'))
    .action(async (subject: string, action: string, object: string, given: PlaceOptions) => {
      const { readExplain } = await import('../app/operator-explain.js');
      const question = readExplain(subject, action, object);
      const explanation = await administer(context, given, ({ questions }) => questions.explain(question));
      const asked = { subject, action, object };
      await output.answer(
        explanation,
        explanationText(explanation, asked, (colour, text) => output.paint(colour, text)),
        [explanation.decision.allowed ? 'allow' : 'deny'],
      );
      finish(explanation.decision.allowed ? EXIT.fine : EXIT.no);
    });
}
