import { decideAskable, isPossible } from '../core/askable.js';
import type { Caller } from '../core/caller.js';
import { CastellanError, notFound } from '../core/errors.js';
import type { JsonObject, Mode, ObjectRef, Question, Supplied } from '../core/model.js';
import type { IdForm } from '../core/id-forms.js';
import { isCanonicalId } from '../nest/id-form.js';
import { answeringHttp, signInFirst } from './authz-exception.js';
import { asJson, readObject, type ObjectArgument } from './object-argument.js';
import type { Asked } from './question-memory.js';

/** What a question brings along. */
export interface CheckOptions {
  /** Attributes of the object; they go over those that are stored. */
  readonly attributes?: Readonly<Record<string, unknown>>;
  /** What conditions read at `context.*`. */
  readonly context?: Readonly<Record<string, unknown>>;
  /** Goes over the mode of the route, and that of the object's type. */
  readonly mode?: Mode;
}

/** What is to be made. */
export interface Addition {
  readonly parent?: ObjectArgument | null;
  readonly id?: string;
  readonly attributes?: Readonly<Record<string, unknown>>;
  readonly context?: Readonly<Record<string, unknown>>;
  readonly mode?: Mode;
}

/**
 * Answers what one subject may do.
 *
 * @example
 * if (await can.check('change', { type: 'document', id: document.id })) …
 */
export class Checker {
  constructor(
    private readonly asked: Asked,
    private readonly callerOf: () => Caller | Promise<Caller>,
    /** The mode of questions that say none; absent: that of the object's type. */
    private readonly mode?: Mode | undefined,
    /** How the ids of a type are written; one that is written otherwise is the id of nothing. */
    private readonly idFormOf: (type: string) => IdForm | undefined = () => undefined,
  ) {}

  /** Whether it may do the action on this object. @throws AuthzException `database_unavailable`, `overloaded`. */
  async check(action: string, object: ObjectArgument, options: CheckOptions = {}): Promise<boolean> {
    const [allowed] = await this.many(action, [object], options);
    return allowed === true;
  }

  /** Whether it may do the action on each of these, in their order; one statement. @throws AuthzException as `check` does. */
  many(action: string, objects: readonly ObjectArgument[], options: CheckOptions = {}): Promise<boolean[]> {
    return answeringHttp(async () => {
      const { subject } = await this.callerOf();
      const asked = this.#inMode(options);
      return this.#ask(objects.map((object) => questionOn(subject, action, object, asked)));
    });
  }

  /**
   * Goes on where it may do the action on this object, and otherwise says no more than it may know.
   *
   * @throws AuthzException `not_authenticated` (nobody signed in), `not_found` (may not view it), `forbidden` (may view it).
   */
  require(action: string, object: ObjectArgument, options: CheckOptions = {}): Promise<void> {
    return answeringHttp(async () => {
      const { subject, signedIn } = await this.callerOf();
      const asked = this.#inMode(options);
      const question = questionOn(subject, action, object, asked);
      const [viewed, allowed] = await this.#ask([questionOn(subject, 'view', object, asked), question]);
      if (viewed && allowed) return;
      if (!signedIn) throw signInFirst();
      if (!viewed) throw notFound();
      throw mayNot(action, question.permission.type);
    });
  }

  /** The actions that it may do on this object, in the order of the type. @throws AuthzException as `check` does. */
  actions(object: ObjectArgument, options: CheckOptions = {}): Promise<string[]> {
    return answeringHttp(async () => {
      const { subject } = await this.callerOf();
      const { object: ref, supplied } = suppliedOn(object, options);
      if (!isPossible(ref) || !this.#isWritten(ref)) return [];
      return this.asked.actions({ subject, object: ref, supplied, mode: options.mode ?? this.mode });
    });
  }

  /** Whether it holds the permission everywhere: on any object of the type, whichever. @throws AuthzException as `check` does. */
  everywhere(action: string, type: string, options: Pick<CheckOptions, 'context'> = {}): Promise<boolean> {
    return answeringHttp(async () => {
      const { subject } = await this.callerOf();
      const [allowed] = await this.#ask([everywhere(subject, action, type, options)]);
      return allowed === true;
    });
  }

  /** Whether it holds the permission everywhere, or on at least one object that is registered. @throws AuthzException as `check` does. */
  anywhere(action: string, type: string, options: Pick<CheckOptions, 'context'> = {}): Promise<boolean> {
    return answeringHttp(async () => {
      const { subject } = await this.callerOf();
      const question = everywhere(subject, action, type, options);
      const [allowed] = await this.#ask([question]);
      if (allowed) return true;
      const { items } = await this.asked.objects({ subject, type, action, supplied: question.supplied, limit: 1 });
      return items.length > 0;
    });
  }

  /** Whether it may add such an object: below the parent, or without one. @throws AuthzException as `check` does. */
  add(type: string, addition: Addition = {}): Promise<boolean> {
    return answeringHttp(async () => {
      const { subject } = await this.callerOf();
      const [allowed] = await this.#ask([adding(subject, type, this.#inMode(addition))]);
      return allowed === true;
    });
  }

  #inMode<Options extends { readonly mode?: Mode }>(options: Options): Options {
    return options.mode === undefined && this.mode !== undefined ? { ...options, mode: this.mode } : options;
  }

  #isWritten(object: ObjectRef | undefined): boolean {
    return object === undefined || isCanonicalId(object.id, this.idFormOf(object.type));
  }

  async #ask(questions: readonly Question[]): Promise<boolean[]> {
    const written = questions.filter(({ object }) => this.#isWritten(object));
    if (written.length === 0) return questions.map(() => false);
    const decisions = await decideAskable(written, (askable) => this.asked.decideAll(askable));
    const allowed = new Set(written.filter((_, index) => decisions[index]?.allowed === true));
    return questions.map((question) => allowed.has(question));
  }
}

/** The question whether the subject may do the action on the object. */
function questionOn(
  subject: Question['subject'],
  action: string,
  argument: ObjectArgument,
  options: CheckOptions = {},
): Question {
  const { object, supplied } = suppliedOn(argument, options);
  return { subject, permission: { type: object.type, action }, object, supplied, mode: options.mode };
}

/** The question whether the subject may add such an object. */
export function adding(subject: Question['subject'], type: string, addition: Addition, action = 'add'): Question {
  const { parent, id, attributes = {}, context, mode } = addition;
  return {
    subject,
    permission: { type, action },
    object: parent === undefined || parent === null ? undefined : readObject(parent).object,
    proposed: { id, attributes: asJson(attributes) },
    supplied: context && { context: asJson(context) },
    mode,
  };
}

/** What is told to whoever may view the object and not do this. */
export function mayNot(action: string, type: string): CastellanError {
  return new CastellanError('forbidden', `You may see this ${type}, but not ${action} it.`);
}

function everywhere(
  subject: Question['subject'],
  action: string,
  type: string,
  { context }: Pick<CheckOptions, 'context'>,
): Question {
  return { subject, permission: { type, action }, supplied: context && { context: asJson(context) } };
}

function suppliedOn(
  argument: ObjectArgument,
  { attributes, context }: CheckOptions,
): { object: ObjectRef; supplied: Supplied | undefined } {
  const read = readObject(argument);
  const resource: JsonObject | undefined = attributes ? { ...read.attributes, ...asJson(attributes) } : read.attributes;
  if (!resource && !context) return { object: read.object, supplied: undefined };
  return { object: read.object, supplied: { resource, context: context && asJson(context) } };
}
