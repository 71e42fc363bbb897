import type { Command } from 'commander';
import type { ObjectRecord } from '../app/administration/administration.js';
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

interface NewObjectOptions extends WriteOptions {
  readonly parent?: string;
  readonly attributes?: string;
}

/** `castellan object …` */
export function objectCommands(program: Command, context: Context): void {
  const object = program
    .command('object')
    .description('look after objects, and where they are')
    .addHelpText('after', examples('object create post:123 --parent folder:7', 'object move post:123 folder:8'));
  writing(object.command('create').description('register an object'))
    .argument('<object>', 'as type:id')
    .option('--parent <object>', 'what it is below, as type:id')
    .option('--attributes <json>', 'what conditions may ask for')
    .addHelpText('after', examples('object create post:123', `object create post:9 --attributes '{"status":"draft"}'`))
    .action((text: string, given: NewObjectOptions) => createObject(text, given, context));
  writing(object.command('move').description('put an object below another, with all that is below it'))
    .argument('<object>', 'as type:id')
    .argument('[parent]', 'what it is to be below, as type:id')
    .option('--root', 'below nothing')
    .addHelpText('after', examples('object move post:123 folder:8', 'object move post:123 --root'))
    .action((text: string, parent: string | undefined, given: MoveOptions) => moveObject(text, parent, given, context));
  deleting(object.command('delete').description('delete an object, with every rule placed on it'))
    .argument('<object>', 'as type:id')
    .option('--cascade', 'with all that is below it')
    .addHelpText('after', examples('object delete post:123', 'object delete folder:7 --cascade --yes'))
    .action(async (text: string, given: DeleteOptions & { readonly cascade?: true }) => {
      const ref = await readOne(text);
      const cascade = given.cascade === true;
      await deleteNamed(context, given, ref, ({ objects }) => objects(ref.type).delete(ref.id, { cascade }), text);
    });
  showCommands(object, context);
}

type MoveOptions = WriteOptions & { readonly root?: true };

function showCommands(object: Command, context: Context): void {
  onDatabaseOrService(object.command('list').description('print all objects of a type'))
    .argument('<type>', 'such as post')
    .addHelpText(
      'after',
      `\nOne id a line, and what it is below.\n${examples('object list post', 'object list post --json')}`,
    )
    .action(async (type: string, given: PlaceOptions) => {
      const { readTypeName } = await import('../app/administration/read-arguments.js');
      const name = readTypeName(type);
      await administer(context, given, ({ objects }) =>
        printAll(context, objects(name).list(), (one) =>
          one.parent === null || given.quiet ? one.id : `${one.id}  below ${one.parent.type}:${one.parent.id}`,
        ),
      );
    });
  onDatabaseOrService(object.command('show').description('print an object'))
    .argument('<object>', 'as type:id')
    .addHelpText('after', examples('object show post:123', 'object show post:123 --json'))
    .action(async (text: string, given: PlaceOptions) => {
      const ref = await readOne(text);
      const one = await administer(context, given, ({ objects }) => objects(ref.type).get(ref.id));
      await context.output.answer(one, [
        text,
        `  below       ${placeOf(one)}`,
        `  attributes  ${JSON.stringify(one.attributes)}`,
      ]);
    });
}

async function createObject(text: string, given: NewObjectOptions, context: Context): Promise<void> {
  const { readJson, readObject } = await import('../app/administration/read-arguments.js');
  const { type, id } = await readOne(text);
  const parent = readObject(given.parent);
  const attributes = given.attributes === undefined ? undefined : readJson('--attributes', given.attributes);
  const made = await administer(context, given, ({ objects }) =>
    objects(type).create({ id, ...(parent ? { parent } : {}), ...(attributes ? { attributes } : {}) }),
  );
  await answerWrite(context, given, made, [`Created ${text}${made.parent ? ` below ${placeOf(made)}` : ''}.`], [text]);
}

async function moveObject(text: string, to: string | undefined, given: MoveOptions, context: Context): Promise<void> {
  const { readObject } = await import('../app/administration/read-arguments.js');
  const { CommandError } = await import('./command-error.js');
  const { type, id } = await readOne(text);
  const parent = readObject(to) ?? null;
  if ((parent === null) !== (given.root === true)) throw new CommandError('Name what it is to be below, or --root.');
  const moved = await administer(context, given, ({ objects }) => objects(type).update(id, { parent }));
  await answerWrite(context, given, moved, [`${text} is below ${placeOf(moved)}.`], [text]);
}

async function readOne(text: string): Promise<{ type: string; id: string }> {
  const { readRef } = await import('../app/operator-questions.js');
  return readRef('OBJECT', text);
}

function placeOf({ parent }: ObjectRecord): string {
  return parent ? `${parent.type}:${parent.id}` : 'nothing';
}
