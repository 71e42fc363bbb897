import type pg from 'pg';
import { operator } from '../../src/core/caller.js';
import { Decider } from '../../src/core/decider.js';
import { CastellanError } from '../../src/core/errors.js';
import type { ObjectRef, Question } from '../../src/core/model.js';
import type { WriteScope } from '../../src/core/ports/writes.js';
import { FactsStore } from '../../src/store/facts-store.js';
import type { Store } from '../../src/store/store.js';
import { integrityFaults } from '../support/integrity.js';
import type { Story } from './arbitrary-worlds.js';
import { carryOut } from './carry-out.js';
import { actionsOf, decides, objectsOf, type Asked, type Ref, type World } from './oracle.js';
import { emptyWorld, worldAfter, type Operation } from './world.js';

const author = operator('test', 'test');

/**
 * Tells one story to the database, and compares after each step what it answers with what the oracle says of the same world:
 * every question in one batch, some of them alone, and some of the lists (after the last step all of them), which ones in turn.
 */
export class Telling {
  #world: World = emptyWorld();
  #steps = 0;
  #asked = 0;
  #allowed = 0;
  readonly #told: Operation[] = [];
  readonly #singly: Decider;

  constructor(
    private readonly store: Store,
    private readonly client: pg.Client,
    private readonly story: Story,
  ) {
    this.#singly = new Decider(new FactsStore(store.database.hot));
  }

  /**
   * How many of the questions were answered with yes: a test in which nothing is ever allowed compares nothing.
   *
   * @throws Error that says what was asked of which world, what the answer was, and how that world came about.
   */
  async tell(): Promise<{ asked: number; allowed: number }> {
    await clear(this.client);
    await this.#begin();
    await this.#compare(false);
    for (const [index, step] of this.story.steps.entries()) {
      await this.#take(step);
      await this.#compare(index === this.story.steps.length - 1);
    }
    return { asked: this.#asked, allowed: this.#allowed };
  }

  async #begin(): Promise<void> {
    await this.store.writes.write(author, 'structure', async (unit) => {
      this.#world = emptyWorld();
      this.#told.length = 0;
      for (const operation of this.story.beginning) {
        const world = worldAfter(this.#world, operation);
        if (!world) continue;
        this.#told.push(operation);
        this.#world = world;
        if (operation.do !== 'grant') await carryOut(unit, operation);
      }
      await carryOut(unit, { do: 'grant', grants: this.#world.grants });
    });
  }

  async #take(operation: Operation): Promise<void> {
    const world = worldAfter(this.#world, operation);
    const takesBack = operation.do === 'revoke' || operation.do === 'unassign';
    // What does not stand has no id to be taken back by.
    if (!world && takesBack) return;
    this.#steps += 1;
    this.#told.push(operation);
    const outcome = await this.store.writes
      .write(author, scopeOf(operation), (unit) => carryOut(unit, operation))
      .then(
        () => undefined,
        (error: unknown) => error,
      );
    if (world) {
      if (outcome !== undefined)
        this.#fail('the last step is allowed', outcome instanceof Error ? outcome.stack : 'it was refused');
      this.#world = world;
    } else if (!(outcome instanceof CastellanError) || outcome.status >= 500) {
      this.#fail('the last step is to be refused', outcome instanceof Error ? outcome.stack : 'it was not');
    }
  }

  async #compare(thoroughly: boolean): Promise<void> {
    const faults = await integrityFaults(this.client);
    if (faults.length > 0) this.#fail('the tables agree', faults.join('; '));
    const asked = this.#questions();
    const expected = asked.map((question) => decides(this.#world, question));
    this.#asked += expected.length;
    this.#allowed += expected.filter(Boolean).length;
    const together = await this.store.decider.decideAll(asked.map(questionOf));
    this.#expectSame(
      asked,
      expected,
      together.map(({ allowed }) => allowed),
      'asked together',
    );
    const share = thoroughly ? 8 : 32;
    const some = asked.map((_, index) => index).filter((index) => (index + this.#steps) % share === 0);
    const alone = await Promise.all(
      some.map(async (index) => (await this.#singly.decide(questionOf(asked[index] as Asked))).allowed),
    );
    this.#expectSame(
      some.map((index) => asked[index] as Asked),
      some.map((index) => expected[index] as boolean),
      alone,
      'asked alone',
    );
    await this.#compareLists(thoroughly);
  }

  #questions(): Asked[] {
    const { names, types, actions } = this.story;
    const questions: Asked[] = [];
    for (const subject of this.#subjects()) {
      const ask = (type: string, action: string, ids: (string | undefined)[]): void => {
        for (const id of ids) questions.push({ subject, type, action, object: id === undefined ? id : { type, id } });
      };
      for (const type of types) {
        for (const action of actions) ask(type, action, [...names, 'nowhere', undefined]);
        ask(type, 'fly', [undefined]);
      }
      ask('group', 'view', [...names, 'anyone']);
      ask('nothing', 'view', names.slice(0, 1));
    }
    return questions;
  }

  #subjects(): Ref[] {
    const named = ['user', 'group', 'role'].flatMap((type) => this.story.names.map((id) => ({ type, id })));
    const builtIn = ['anyone', 'authenticated', 'nobody'].map((id) => ({ type: 'group', id }));
    return [...named, ...builtIn, { type: 'service', id: this.story.names[0] ?? '' }];
  }

  async #compareLists(thoroughly: boolean): Promise<void> {
    const { types, actions } = this.story;
    const listed = [...types, 'group'];
    const questions = this.#subjects().flatMap((subject) =>
      listed.flatMap((type) =>
        (type === 'group' ? ['view'] : actions).map((action) => ({ subject, type, action, object: undefined })),
      ),
    );
    await Promise.all(
      questions.map(async (question, index) => {
        const turn = index + this.#steps;
        if (thoroughly || turn % 4 === 0) {
          await this.#compareList(question, [1, 2, 7][turn % 3] ?? 7, actions[turn % actions.length] ?? '');
        }
      }),
    );
  }

  async #compareList(asked: Asked, limit: number, alsoAction: string): Promise<void> {
    const { subject, type, action } = asked;
    const alsoActions = limit === 7 ? [alsoAction] : [];
    const visible = objectsOf(this.#world, type).filter((object) =>
      [action, ...alsoActions].every((each) => decides(this.#world, { subject, type, action: each, object })),
    );
    const listed: ObjectRef[] = [];
    let after: string | undefined;
    do {
      const page = await this.store.lists.list({ subject, permission: { type, action }, alsoActions, limit, after });
      if (page.items.length > limit || (page.next !== null && page.items.length < limit))
        this.#fail(`a page has ${limit}`, page.items.length);
      listed.push(...page.items);
      after = page.next ?? undefined;
    } while (after !== undefined && listed.length <= 100);
    const answer = listed.map(({ id }) => id);
    const wanted = visible.map(({ id }) => id);
    if (answer.toSorted().join('\n') !== wanted.toSorted().join('\n')) {
      const also = alsoActions.map((each) => ` and ${each}`).join('');
      this.#fail(
        `${name(subject)} may ${action}${also}, of the type ${type}: ${JSON.stringify(wanted)}`,
        `on pages of ${limit}: ${JSON.stringify(answer)}`,
      );
    }
  }

  #expectSame(asked: readonly Asked[], expected: readonly boolean[], answers: readonly boolean[], how: string): void {
    if (answers.length !== asked.length) this.#fail(`${asked.length} answers`, answers.length);
    const wrong = asked.findIndex((_, index) => answers[index] !== expected[index]);
    if (wrong < 0) return;
    const { subject, type, action, object } = asked[wrong] as Asked;
    const question = `${name(subject)} ${expected[wrong] ? 'may' : 'may not'} ${type}:${action} on ${object ? name(object) : 'everything'}`;
    this.#fail(question, `${how}: ${answers[wrong] ? 'allowed' : 'denied'}`);
  }

  #fail(expected: string, answer: unknown): never {
    throw new Error(
      [`Expected: ${expected}`, `Answer:   ${String(answer)}`, ...stateOf(this.#world), ...this.#told.map(told)].join(
        '\n',
      ),
    );
  }
}

// Writes take the locks that they take in the service: a grant must be seen without the lock on the structure as well.
function scopeOf(operation: Operation): WriteScope {
  if (operation.do === 'grant' || operation.do === 'revoke')
    return { places: operation.grants.map(({ object }) => object) };
  if (operation.do === 'add object') return { places: [operation.object] };
  return 'structure';
}

function questionOf({ subject, type, action, object }: Asked): Question {
  return { subject, permission: { type, action }, object };
}

const name = ({ type, id }: Ref): string => `${type}:${JSON.stringify(id)}`;

function told(operation: Operation): string {
  const { do: what, ...rest } = operation;
  return `  then ${what} ${JSON.stringify(rest)}`;
}

function stateOf(world: World): string[] {
  return [
    ...world.users.map(
      ({ id, active, superuser }) => `user ${id}${active ? '' : ', inactive'}${superuser ? ', superuser' : ''}`,
    ),
    ...world.groups.map(({ id, members }) => `group ${id}: ${members.map(name).join(' ')}`),
    ...world.roles.map(
      ({ id, rules, includes }) => `role ${id}: ${rules.join(' ')}; includes ${JSON.stringify(includes)}`,
    ),
    ...world.assignments.map(({ subject, role }) => `role ${role} is assigned to ${name(subject)}`),
    ...world.types.map(({ id }) => `type ${id}: ${actionsOf(world, id).join(' ')}`),
    `objects: ${world.objects.map(name).join(' ')}`,
    ...world.grants.map(
      ({ subject, permission, object }) =>
        `${name(subject)} is granted ${permission} ${object ? `on ${name(object)}` : 'everywhere'}`,
    ),
  ].map((line) => `  ${line}`);
}

// The audit trail stays: it can't be emptied, and nothing reads it.
async function clear(client: pg.Client): Promise<void> {
  await client.query(`DELETE FROM castellan.grants;
    DELETE FROM castellan.subjects WHERE id > 100;
    DELETE FROM castellan.types WHERE id > 100;
    DELETE FROM castellan.objects o USING castellan.types t WHERE t.id = o.type_id
      AND NOT EXISTS (SELECT 1 FROM castellan.subjects s WHERE s.type = t.name AND s.external_id = o.external_id)
      AND NOT EXISTS (SELECT 1 FROM castellan.types n WHERE t.name = 'type' AND n.name = o.external_id)`);
}
