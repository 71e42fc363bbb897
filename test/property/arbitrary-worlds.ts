import fc from 'fast-check';
import type { Ref, World } from './oracle.js';
import type { Operation } from './world.js';

/** A world as a test builds it: what it is made of, then what happens to it, over a handful of names that everything shares. */
export interface Story {
  readonly names: readonly string[];
  readonly types: readonly string[];
  readonly actions: readonly string[];
  readonly beginning: readonly Operation[];
  readonly steps: readonly Operation[];
}

// Ids that look alike, that mean something to SQL, to arrays, to JavaScript or to Castellan; one of each kind may bear each.
const NAMES = [
  'a|A|a | a|á|a\u0301|а|1|01|1.0|0|-1|null|NULL|undefined|true|*|%|_',
  'a:b|user:a|group:a|:|::|a\'; --|"a"|\\|\\N|{a,b}|{}|$1|,|a,b|😀',
  'anyone|authenticated|user|group|role|all|manage|__proto__|constructor|toString|everywhere',
].flatMap((names) => names.split('|'));
NAMES.push('x'.repeat(256));
const TYPE_NAMES = NAMES.filter((name) => !name.includes(':') && !['user', 'group', 'role'].includes(name));
const ACTIONS = 'view|add|change|delete|grant|View|view |all|manage|publish|__proto__'.split('|');

const ANYONE: Ref = { type: 'group', id: 'anyone' };
const AUTHENTICATED: Ref = { type: 'group', id: 'authenticated' };

/** Stories to be tried, all of them possible, not all of their steps allowed. */
export const stories: fc.Arbitrary<Story> = fc
  .record({
    names: fc.shuffledSubarray(NAMES, { minLength: 3, maxLength: 4 }),
    types: fc.shuffledSubarray(TYPE_NAMES, { minLength: 2, maxLength: 2 }),
    actions: fc.shuffledSubarray(ACTIONS, { minLength: 2, maxLength: 3 }),
  })
  .chain((vocabulary) => {
    const parts = partsOf(vocabulary);
    return fc.record({
      names: fc.constant(vocabulary.names),
      types: fc.constant(vocabulary.types),
      actions: fc.constant(vocabulary.actions),
      beginning: beginningOf(vocabulary, parts),
      steps: fc.array(stepOf(parts), { minLength: 1, maxLength: 6 }),
    });
  });

type Vocabulary = Pick<Story, 'names' | 'types' | 'actions'>;
type Parts = ReturnType<typeof partsOf>;

function partsOf({ names, types, actions }: Vocabulary) {
  const name = fc.constantFrom(...names);
  const refOf = (...kinds: string[]): fc.Arbitrary<Ref> => fc.record({ type: fc.constantFrom(...kinds), id: name });
  const permission = fc.oneof(
    {
      weight: 9,
      arbitrary: fc.tuple(fc.constantFrom(...types), fc.constantFrom(...actions)).map((of) => of.join(':')),
    },
    { weight: 1, arbitrary: fc.constantFrom('group:view', 'group:change', 'user:view', 'role:view', 'nothing:view') },
  );
  const builtIn = fc.constantFrom(ANYONE, AUTHENTICATED);
  const member = refOf('user', 'user', 'group', 'group', 'group');
  const holder = fc.oneof({ weight: 3, arbitrary: refOf('user', 'group') }, { weight: 1, arbitrary: builtIn });
  const object = refOf(...types, ...types, 'group');
  const placed = fc.tuple(permission, name, fc.integer({ min: 0, max: 19 })).map(([rule, id, dice]) => ({
    permission: rule,
    object: dice < 4 ? null : { type: dice === 4 ? 'group' : (rule.split(':')[0] ?? ''), id },
  }));
  const grantee = fc.oneof(
    { weight: 5, arbitrary: refOf('user', 'user', 'group', 'role') },
    { weight: 1, arbitrary: builtIn },
  );
  const grant: fc.Arbitrary<World['grants'][number]> = fc
    .tuple(grantee, placed)
    .map(([subject, { permission: rule, object: place }]) => ({ subject, permission: rule, object: place }));
  const rules = fc.array(permission, { maxLength: 3 });
  const includes = fc.array(name, { maxLength: 2 });
  const actionList = fc.subarray([...actions], { minLength: 1 });
  return {
    name,
    type: fc.constantFrom(...types),
    types,
    permission,
    member,
    holder,
    object,
    grant,
    rules,
    includes,
    actionList,
    grantee,
  };
}

function beginningOf({ names, types, actions }: Vocabulary, parts: Parts): fc.Arbitrary<Operation[]> {
  const user = fc.record({ active: usually, superuser: fc.integer({ min: 0, max: 11 }).map((dice) => dice === 11) });
  const role = fc.record({ rules: parts.rules, includes: parts.includes });
  const each = <Part>(part: fc.Arbitrary<Part>, of: (id: string, part: Part) => Operation): fc.Arbitrary<Operation[]> =>
    fc.tuple(...names.map(() => part)).map((made) => made.map((values, index) => of(names[index] ?? '', values)));
  const some = (step: fc.Arbitrary<Operation>, maxLength: number): fc.Arbitrary<Operation[]> =>
    fc.array(step, { maxLength, size: 'max' });
  const { name, type, member, holder, grant } = parts;
  const objects = types.flatMap((of) =>
    names.map((id): Operation => ({ do: 'add object', object: { type: of, id }, creator: null })),
  );
  return fc
    .tuple(
      fc.constant(types.map((id): Operation => ({ do: 'add type', id, actions: [...actions] }))),
      each(user, (id, values) => ({ do: 'add user', id, ...values })),
      fc.constant(names.map((id): Operation => ({ do: 'add group', id }))),
      // A role can include what is there already.
      each(role, (id, { rules, includes }) => {
        return {
          do: 'add role',
          id,
          rules,
          includes: includes.filter((included) => names.indexOf(included) < names.indexOf(id)),
        };
      }),
      fc.subarray(objects),
      some(fc.record({ do: fc.constant('add member' as const), id: name, member }), 6),
      some(fc.record({ do: fc.constant('assign' as const), subject: holder, role: name }), 3),
      some(
        fc.record({ do: fc.constant('grant' as const), grants: fc.array(grant, { minLength: 1, maxLength: 1 }) }),
        12,
      ),
      some(fc.record({ do: fc.constant('change type' as const), id: type, actions: parts.actionList }), 1),
    )
    .map((groups) => groups.flat());
}

const usually = fc.integer({ min: 0, max: 7 }).map((dice) => dice < 7);

function stepOf({
  name,
  type,
  types,
  member,
  holder,
  object,
  grant,
  rules,
  includes,
  actionList,
  grantee,
}: Parts): fc.Arbitrary<Operation> {
  const always = <const Value extends string>(...values: Value[]) => fc.constantFrom(...values);
  const thing = fc.record({
    type: fc.constantFrom('user', 'group', 'role', ...types, ...types),
    id: name,
  });
  const between = fc.record({ type: fc.constantFrom('group', 'role'), id: name });
  const whole = fc.oneof(
    { weight: 6, arbitrary: thing },
    { weight: 1, arbitrary: type.map((id) => ({ type: 'type', id })) },
  );
  return fc.oneof(
    fc.record({ do: always('add user'), id: name, active: usually, superuser: fc.boolean() }),
    fc.record(
      { do: always('change user'), id: name, active: fc.boolean(), superuser: fc.boolean() },
      { requiredKeys: ['do', 'id'] },
    ),
    fc.record({ do: always('add group'), id: name }),
    fc.record({ do: always('add member', 'remove member'), id: name, member }),
    fc.record({ do: always('add member'), id: name, member }),
    fc.record({ do: always('add role'), id: name, rules, includes }),
    fc.record({ do: always('change role'), id: name, rules, includes }, { requiredKeys: ['do', 'id'] }),
    fc.record({ do: always('add type', 'change type'), id: type, actions: actionList }),
    fc.record({ do: always('add object'), object, creator: fc.option(grantee) }),
    fc.record({ do: always('delete', 'delete and add'), object: whole }),
    // What stands between others must take along the paths that led through it.
    fc.record({ do: always('delete', 'delete and add'), object: between }),
    fc.record({ do: always('assign', 'unassign'), subject: holder, role: name }),
    fc.record({ do: always('grant', 'revoke'), grants: fc.array(grant, { minLength: 1, maxLength: 3 }) }),
  );
}
