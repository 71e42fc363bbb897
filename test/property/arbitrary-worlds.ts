import fc from 'fast-check';
import { attributesOver, conditionsOver, FIELD_NAMES, propertiesOver } from './arbitrary-conditions.js';
import type { Supplied } from './oracle.js';
import type { Operation } from './operation.js';
import type { Wanted } from './operations.js';
import {
  ANYONE,
  AUTHENTICATED,
  BUILT_IN_TYPES,
  type Assignment,
  type Effect,
  type Grant,
  type JsonObject,
  type Mode,
  type Ref,
  type Rule,
  type Window,
} from './world.js';

/** A handful of names that everything shares. */
export interface Vocabulary {
  readonly names: readonly string[];
  readonly types: readonly string[];
  readonly actions: readonly string[];
}

/** A world as a test builds it: what it is made of, then what happens to it, and what is asked beside it. */
export interface Story extends Vocabulary {
  readonly beginning: readonly Operation[];
  readonly steps: readonly Step[];
  readonly supplied: readonly Supplied[];
  readonly proposed: readonly JsonObject[];
  /** Whether nearly all of its rules allow, always and without a condition: such rules are looked up by statements of their own. */
  readonly plain: boolean;
  /** What is asked of it is drawn from this. */
  readonly dice: number;
}

/** How an operation comes to the database. */
export interface Step {
  readonly wanted: Wanted;
  /** What is wanted is made to fit by this number; not at all without one. */
  readonly fit: number | undefined;
  readonly over: 'store' | 'http';
}

// Ids that look alike, that mean something to SQL, to arrays, to JavaScript or to Castellan; one of each kind may bear each.
const NAMES = [
  'a|A|a | a|á|a\u0301|а|1|01|1.0|0|-1|null|NULL|undefined|true|*|%|_',
  'a:b|user:a|group:a|:|::|a\'; --|"a"|\\|\\N|{a,b}|{}|$1|,|a,b|😀',
  'anyone|authenticated|user|group|role|all|manage|__proto__|constructor|toString|everywhere',
].flatMap((names) => names.split('|'));
NAMES.push('x'.repeat(256));
const TYPE_NAMES = NAMES.filter((name) => !name.includes(':') && !BUILT_IN_TYPES.includes(name));
const DEFAULT_ACTIONS = ['view', 'add', 'change', 'delete', 'grant'];
const ACTIONS = 'add|change|delete|grant|View|view |all|manage|publish|__proto__'.split('|');

const PAST = '2001-02-03T04:05:06.000Z';
const LONG_PAST = '1999-12-31T23:59:59.000Z';
const FUTURE = '2101-02-03T04:05:06.000Z';
const ALWAYS: Window = { startsAt: null, expiresAt: null };
const NEVER_YET: Window = { startsAt: FUTURE, expiresAt: null };
const OVER: Window = { startsAt: null, expiresAt: PAST };
const OPEN: Window[] = [
  { startsAt: PAST, expiresAt: null },
  { startsAt: null, expiresAt: FUTURE },
  { startsAt: PAST, expiresAt: FUTURE },
];
const SHUT: Window[] = [NEVER_YET, OVER, { startsAt: LONG_PAST, expiresAt: PAST }];

/** Which kinds of worlds are told. */
export interface Kind {
  /** False: nothing hangs on how something is called. */
  readonly mentionsIds?: boolean;
  readonly steps?: { readonly minLength: number; readonly maxLength: number };
}

/** Stories to be tried, all of them possible, not all of their steps allowed. */
export function stories({
  mentionsIds = true,
  steps = { minLength: 1, maxLength: 3 },
}: Kind = {}): fc.Arbitrary<Story> {
  return fc
    .record({
      names: fc.shuffledSubarray(NAMES, { minLength: 2, maxLength: 3 }),
      types: fc.shuffledSubarray(TYPE_NAMES, { minLength: 2, maxLength: 2 }),
      actions: fc.shuffledSubarray(ACTIONS, { minLength: 1, maxLength: 2 }).map((actions) => ['view', ...actions]),
      plain: fc.constantFrom(false, false, true),
    })
    .chain(({ plain, ...vocabulary }) => {
      const parts = partsOf(vocabulary, { mentionsIds, plain });
      return fc.record({
        plain: fc.constant(plain),
        names: fc.constant(vocabulary.names),
        types: fc.constant(vocabulary.types),
        actions: fc.constant(vocabulary.actions),
        beginning: beginningOf(vocabulary, parts),
        steps: fc.array(stepOf(parts), { ...steps, size: 'max' }),
        supplied: fc.array(parts.supplied, { minLength: 2, maxLength: 2 }),
        proposed: fc.array(parts.attributes, { minLength: 2, maxLength: 2 }),
        dice: fc.nat(),
      });
    });
}

type Parts = ReturnType<typeof partsOf>;

/** The weights say how many of so many are which. */
const among = <Value>(...weighed: readonly (readonly [number, fc.Arbitrary<Value>])[]): fc.Arbitrary<Value> =>
  fc.oneof(...weighed.map(([weight, arbitrary]) => ({ weight, arbitrary })));

function partsOf(
  { names, types, actions }: Vocabulary,
  { mentionsIds, plain }: { readonly mentionsIds: boolean; readonly plain: boolean },
) {
  const name = fc.constantFrom(...names);
  // Half of the types have all that a write over HTTP could ask for.
  const others = DEFAULT_ACTIONS.filter((action) => !actions.includes(action));
  const actionsOf = fc
    .tuple(fc.subarray(actions.slice(1)), fc.constantFrom([], others))
    .map(([some, more]) => ['view', ...some, ...more]);
  const type = fc.constantFrom(...types);
  const refOf = (...kinds: string[]): fc.Arbitrary<Ref> => fc.record({ type: fc.constantFrom(...kinds), id: name });
  const builtIn = fc.constantFrom(ANYONE, AUTHENTICATED);
  const own = refOf(...types);
  const parent = among<Ref | null>(
    [2, fc.constant(null)],
    [6, own],
    [2, refOf('group', 'user', 'role')],
    [1, type.map((id) => ({ type: 'type', id }))],
    [1, builtIn],
  );
  const permission = fc.tuple(type, fc.constantFrom(...actions)).map((of) => of.join(':'));
  const builtInPermission = fc.constantFrom('group:view', 'group:change', 'user:view', 'role:view', 'type:view');
  const effect = among<Effect>([plain ? 50 : 5, fc.constant('allow')], [1, fc.constant('deny')]);
  const condition = among<JsonObject | null>(
    [plain ? 50 : 3, fc.constant(null)],
    [2, conditionsOver(names, { types, mentionsIds })],
  );
  const fields = among<string[] | null>(
    [plain ? 50 : 4, fc.constant(null)],
    [1, fc.subarray(FIELD_NAMES, { minLength: 1, maxLength: 2 })],
  );
  const rule: fc.Arbitrary<Rule> = among<Rule>(
    [9, fc.record({ permission, effect, condition, fields })],
    [1, fc.record({ permission: builtInPermission, effect, condition, fields })],
    [1, fc.record({ permission: fc.constant('nothing:view'), effect, condition, fields })],
  );
  const window = among<Window>([8, fc.constant(ALWAYS)], [2, fc.constantFrom(...OPEN)], [2, fc.constantFrom(...SHUT)]);
  const place = among<Ref | null>(
    [4, fc.constant(null)],
    [8, own],
    [2, refOf('group', 'user', 'role')],
    [1, builtIn],
    [1, type.map((id) => ({ type: 'type', id }))],
  );
  const grantee = among<Ref>([5, refOf('user', 'group', 'group', 'role')], [1, builtIn]);
  const holder = among<Ref>([4, refOf('user', 'group')], [1, builtIn]);
  const grant: fc.Arbitrary<Grant> = fc
    .tuple(rule, plain ? fc.constant(ALWAYS) : window, grantee, place)
    .map(([what, when, subject, object]) => ({ subject, object, ...what, ...when }));
  const assignment: fc.Arbitrary<Assignment> = fc
    .tuple(holder, name, place, window)
    .map(([subject, role, object, when]) => ({ subject, role, object, ...when }));
  const attributes = attributesOver(names);
  const properties = fc.option(propertiesOver(names), { nil: undefined, freq: 3 });
  return {
    name,
    type,
    own,
    parent,
    grant,
    grantee,
    assignment,
    attributes,
    supplied: fc.record({ subject: properties, resource: properties, action: properties, context: properties }),
    rules: fc.array(rule, { maxLength: 3, size: 'max' }),
    includes: fc.array(name, { maxLength: 2, size: 'max' }),
    mode: among<Mode>([2, fc.constant('union')], [1, fc.constant('both')], [1, fc.constant('object')]),
    others,
    actionList: actionsOf,
    member: refOf('user', 'user', 'group', 'group'),
    things: refOf('user', 'group', 'role', ...types, ...types),
  };
}

function beginningOf({ names, types, actions }: Vocabulary, parts: Parts): fc.Arbitrary<Operation[]> {
  const user = fc.record({
    active: rarely.map((is) => !is),
    superuser: rarely,
    attributes: parts.attributes,
  });
  const role = fc.record({ rules: parts.rules, includes: parts.includes });
  const object = fc.record({ parent: parts.parent, below: fc.nat(31), attributes: parts.attributes });
  // What is left out is what a failing world is made smaller by.
  const optional = <Part>(part: fc.Arbitrary<Part>, freq: number) => fc.option(part, { nil: undefined, freq });
  const isThere = (operation: Operation | undefined): operation is Operation => operation !== undefined;
  const each = <Key, Part>(keys: readonly Key[], part: fc.Arbitrary<Part>, make: (key: Key, part: Part) => Operation) =>
    fc
      .tuple(...keys.map(() => optional(part, 8)))
      .map((made) => made.map((value, index) => value && make(keys[index] as Key, value)).filter(isThere));
  const some = <Part>(most: number, part: fc.Arbitrary<Part>, make: (part: Part) => Operation) =>
    fc
      .tuple(...Array.from({ length: most }, () => optional(part, 3)))
      .map((made) => made.map((value) => value && make(value)).filter(isThere));
  const type = fc.record({ mode: parts.mode, more: fc.constantFrom([], parts.others) });
  const { name, member } = parts;
  const refs = fc.shuffledSubarray(
    types.flatMap((of) => names.map((id): Ref => ({ type: of, id }))),
    { minLength: 4 },
  );
  return fc
    .tuple(
      each(types, type, (id, { mode: of, more }) => ({ do: 'add type', id, actions: [...actions, ...more], mode: of })),
      each(names, user, (id, values) => ({ do: 'add user', id, ...values })),
      each(names.slice(0, 2), fc.constant(true), (id) => ({ do: 'add group', id })),
      each(names.slice(-2), role, (id, values) => ({ do: 'add role', id, ...values })),
      refs.chain((ofAll) =>
        each(ofAll, object, (ref, { parent, below, attributes }) => {
          // Of its own types, it can only be below what is there already.
          const earlier = ofAll.slice(0, ofAll.indexOf(ref));
          const isOwn = parent !== null && types.includes(parent.type);
          const own = earlier[below % Math.max(earlier.length, 1)] ?? null;
          return { do: 'add object', object: ref, parent: isOwn ? own : parent, attributes, creator: null };
        }),
      ),
      some(5, fc.record({ id: name, member }), (values) => ({ do: 'add member', ...values })),
      some(4, parts.assignment, (assignment) => ({ do: 'assign', assignment })),
      some(14, parts.grant, (grant) => ({ do: 'grant', grants: [grant] })),
    )
    .map((groups) => groups.flat());
}

const rarely = fc.integer({ min: 0, max: 9 }).map((dice) => dice === 9);

function stepOf(parts: Parts): fc.Arbitrary<Step> {
  return fc.record({
    wanted: wantedOf(parts),
    fit: fc.option(fc.nat(31), { nil: undefined, freq: 4 }),
    over: among<Step['over']>([3, fc.constant('store')], [1, fc.constant('http')]),
  });
}

function wantedOf(parts: Parts): fc.Arbitrary<Wanted> {
  const { name, type, own, parent, grant, grantee, assignment, attributes, rules, includes, mode, actionList } = parts;
  const always = <const Value extends string>(...values: Value[]) => fc.constantFrom(...values);
  const thing = among([8, parts.things], [1, type.map((id) => ({ type: 'type', id }))]);
  // What stands between others must take along the paths that led through it.
  const between = among([1, fc.record({ type: fc.constantFrom('group', 'role'), id: name })], [1, own]);
  const deletion = (object: fc.Arbitrary<Ref>): fc.Arbitrary<Operation> =>
    fc.oneof(
      fc.record({ do: always('delete'), object, cascade: fc.boolean() }),
      fc.record({ do: always('delete and add'), object }),
    );
  const grants = fc.array(grant, { minLength: 1, maxLength: 2 });
  return among<Wanted>(
    [1, fc.record({ do: always('add user'), id: name, active: fc.boolean(), superuser: fc.boolean(), attributes })],
    [
      3,
      fc.record(
        { do: always('change user'), id: name, active: fc.boolean(), superuser: rarely, attributes },
        { requiredKeys: ['do', 'id'] },
      ),
    ],
    [1, fc.record({ do: always('add group'), id: name })],
    [2, fc.record({ do: always('add member'), id: name, member: parts.member })],
    [3, fc.record({ do: always('take back'), what: always('membership', 'assignment', 'grant'), which: fc.nat(31) })],
    [1, fc.record({ do: always('add role'), id: name, rules, includes })],
    [3, fc.record({ do: always('change role'), id: name, rules, includes }, { requiredKeys: ['do', 'id'] })],
    [1, fc.record({ do: always('add type'), id: type, actions: actionList, mode })],
    [2, fc.record({ do: always('change type'), id: type, actions: actionList, mode }, { requiredKeys: ['do', 'id'] })],
    [
      4,
      fc.record({
        do: always('add object'),
        object: own,
        parent,
        attributes,
        creator: among<Ref | null>([2, fc.constant(null)], [1, grantee]),
      }),
    ],
    [2, fc.record({ do: always('change object'), object: own, attributes })],
    [5, fc.record({ do: always('move'), object: own, parent })],
    [2, deletion(thing)],
    [3, deletion(between)],
    [3, fc.record({ do: always('assign'), assignment })],
    [5, fc.record({ do: always('grant'), grants })],
  );
}
