import type { Story } from './arbitrary-worlds.js';
import type { Draw } from './draw.js';
import { decide, type Asked, type Listed, type Supplied, type Verdict } from './oracle.js';
import { suppliedFor } from './supplied-for.js';
import {
  above,
  groupsOf,
  isIn,
  objectsOf,
  subjectsOf,
  withIncluded,
  type JsonObject,
  type Ref,
  type World,
} from './world.js';

/** What a question can be put together from. */
export type Vocabulary = Pick<Story, 'names' | 'types' | 'actions' | 'supplied' | 'proposed'>;

export interface Paged<Question> {
  readonly question: Question;
  readonly limit: number;
}

/** Which subjects of a type may do it? */
export type SubjectsAsked = Omit<Asked, 'subject'> & { readonly subjectType: string; readonly object: Ref };

const LIMITS = [1, 1, 2, 7, 100];

// As they come in a query string.
const NARROWED: readonly (readonly [string, string])[] = [
  ['status', 'draft'],
  ['status', 'null'],
  ['level', '1'],
  ['level', '2.0'],
  ['level', 'true'],
  ['name', 'a%'],
  ['name', ''],
  ['tags', '["a"]'],
  ['tags', 'ab'],
  ['tags', 'a'],
  ['tags', '[]'],
  ['address', '{"zip":1,"city":"b"}'],
  ['address', '{}'],
  ['address.city', 'a'],
  ['address.city', 'null'],
  ['tags.0', 'a'],
  ['nothing', 'a'],
];

/** What a question is drawn around. */
interface Aim {
  readonly permission: string;
  readonly holder: Ref;
  readonly place: Ref | null;
  readonly condition: JsonObject | null;
}

/** Draws what to ask of a world, mostly about what is there. */
export class Questions {
  readonly #subjects: readonly Ref[];

  constructor(
    private readonly world: World,
    private readonly asking: Vocabulary,
    private readonly draw: Draw,
  ) {
    const named = ['user', 'user', 'group', 'role'].flatMap((type) => asking.names.map((id) => ({ type, id })));
    const others = ['group:anyone', 'group:authenticated', 'group:nobody', 'anonymous:anonymous', 'service:x'];
    this.#subjects = [
      ...named,
      ...named,
      ...others.map((name) => ({ type: name.split(':')[0] ?? '', id: name.split(':')[1] ?? '' })),
      ...world.users.filter(({ superuser }) => superuser).map(({ id }) => ({ type: 'user', id })),
    ];
  }

  /** A question about an object that is there, or may be: mostly one that a rule is about. */
  plain(): Asked & { readonly object: Ref } {
    return this.#aimed(this.draw.once(4) ? undefined : this.#aim());
  }

  #aimed(aim: Aim | undefined): Asked & { readonly object: Ref } {
    const { draw } = this;
    const subject = draw.of(this.#subjects);
    const type = this.#type();
    if (!aim) return { subject, type, action: this.#action(type), object: this.#object(type) };
    const [ruled = '', action = ''] = aim.permission.split(':');
    const below = this.#below(aim).filter((object) => object.type === ruled);
    return {
      subject: draw.once(3) ? subject : draw.of(this.#actingAs(aim.holder)),
      type: ruled,
      action,
      object: below.length > 0 && !draw.once(4) ? draw.of(below) : this.#object(ruled),
    };
  }

  /** A permission that a rule is about, who holds it, and where. */
  #aim(): Aim | undefined {
    const { draw, world } = this;
    if (world.grants.length > 0 && draw.once(2)) {
      const { permission, subject, object, condition } = draw.of(world.grants);
      return { permission, holder: subject, place: object, condition };
    }
    if (world.assignments.length === 0) return undefined;
    const { role, subject, object } = draw.of(world.assignments);
    const held = withIncluded(world, role);
    const rules = world.roles.filter(({ id }) => held.includes(id)).flatMap((each) => each.rules);
    const grants = world.grants.filter((grant) => grant.subject.type === 'role' && held.includes(grant.subject.id));
    const all = [...rules, ...grants];
    if (all.length === 0) return undefined;
    const { permission, condition } = draw.of(all);
    return { permission, holder: subject, place: object, condition };
  }

  /** The place of a rule and what is below it. */
  #below({ place }: Aim): Ref[] {
    if (place === null) return [];
    const below = this.world.objects.filter((object) => isIn(above(this.world, object), place));
    return [place, ...below].map(plainRef);
  }

  /** The subjects that act as another, and itself. */
  #actingAs(holder: Ref): Ref[] {
    const { world } = this;
    if (holder.type === 'role') {
      const assigned = world.assignments.filter(({ role }) => withIncluded(world, role).includes(holder.id));
      return [holder, ...assigned.map(({ subject }) => subject)];
    }
    const members = [...world.users.map(({ id }) => ({ type: 'user', id })), ...subjectsOf(world, 'group')];
    return [holder, ...members.filter((member) => isIn(groupsOf(world, member), holder))];
  }

  /** Any question: also of nothing in particular, of what is yet to be made, and with properties supplied. */
  any(): Asked {
    const { draw } = this;
    const aim = draw.once(4) ? undefined : this.#aim();
    const plain = this.#aimed(aim);
    const what = draw.below(16);
    if (what === 0) return { ...plain, object: undefined, supplied: withoutResource(this.#supplied(aim)) };
    if (what <= 3 && this.asking.types.includes(plain.type)) return this.#proposing(plain, aim);
    if (what === 4) return { ...plain, action: 'fly' };
    return { ...plain, supplied: draw.once(3) ? this.#supplied(aim) : undefined };
  }

  /** A question about an object that is yet to be made, below a parent or as a root. */
  #proposing(plain: Asked, aim: Aim | undefined): Asked {
    const { draw, asking } = this;
    const below = aim ? this.#below(aim) : [];
    const parent =
      below.length > 0 && !draw.once(4) ? draw.of(below) : this.#object(draw.of(['group', ...asking.types]));
    const supplied = this.#supplied(aim);
    const attributes = { ...draw.of(asking.proposed), ...supplied.resource };
    const proposed = { attributes, id: draw.once(2) ? draw.of(asking.names) : undefined };
    return { ...plain, object: draw.once(4) ? undefined : parent, proposed, supplied: withoutResource(supplied) };
  }

  /** A list: mostly one in which something is allowed or denied by a rule. */
  list(): Paged<Listed> {
    const { draw, world } = this;
    const drawn = draw.times(draw.once(4) ? 1 : 5, () => this.#anyList());
    const isTelling = ({ subject, type, action, supplied }: Listed): boolean =>
      objectsOf(world, type).some((object) => isByRule(decide(world, { subject, type, action, object, supplied })));
    return { question: drawn.find(isTelling) ?? (drawn[0] as Listed), limit: draw.of(LIMITS) };
  }

  #anyList(): Listed {
    const { draw, asking } = this;
    const aim = draw.once(4) ? undefined : this.#aim();
    const { subject, type, action } = this.#aimed(aim);
    const supplied = draw.once(3) ? this.#supplied(aim) : undefined;
    const hasAttributes = type === 'user' || asking.types.includes(type);
    const attributes =
      hasAttributes && draw.once(3) ? draw.times(draw.once(4) ? 2 : 1, () => this.#narrowing(type)) : undefined;
    return { subject, type, action, attributes, viewable: action === 'view' ? draw.once(2) : !draw.once(4), supplied };
  }

  /** Subjects: mostly of which some are allowed or denied by a rule. */
  subjects(): Paged<SubjectsAsked> {
    const { draw, world } = this;
    const drawn = draw.times(draw.once(4) ? 1 : 4, () => this.#anySubjects());
    const isTelling = ({ subjectType, ...question }: SubjectsAsked): boolean =>
      subjectsOf(world, subjectType).some((subject) => isByRule(decide(world, { ...question, subject })));
    return { question: drawn.find(isTelling) ?? (drawn[0] as SubjectsAsked), limit: draw.of(LIMITS) };
  }

  #anySubjects(): SubjectsAsked {
    const { draw } = this;
    const aim = draw.once(4) ? undefined : this.#aim();
    const { type, action, object } = this.#aimed(aim);
    const subjectType = draw.of(['user', 'user', 'user', 'group', 'role', 'service']);
    return { subjectType, type, action, object, supplied: draw.once(3) ? this.#supplied(aim) : undefined };
  }

  actions(): { readonly subject: Ref; readonly object: Ref; readonly supplied: Supplied | undefined } {
    const { subject, object } = this.plain();
    return { subject, object, supplied: this.draw.once(3) ? this.#supplied(undefined) : undefined };
  }

  #type(): string {
    const { draw, asking } = this;
    const kind = draw.below(24);
    if (kind === 0) return 'nothing';
    return kind <= 2 ? draw.of(['group', 'user', 'role']) : draw.of(asking.types);
  }

  #action(type: string): string {
    return this.asking.types.includes(type)
      ? this.draw.of(this.asking.actions)
      : this.draw.of(['view', 'view', 'change']);
  }

  #object(type: string): Ref {
    const there = this.world.objects.filter((object) => object.type === type);
    if (there.length > 0 && !this.draw.once(8)) {
      return plainRef(this.draw.of(there));
    }
    return { type, id: this.draw.of([...this.asking.names, 'anyone', 'nowhere']) };
  }

  /** Properties: mostly such that the condition of the rule asks about. */
  #supplied(aim: Aim | undefined): Supplied {
    const { draw, asking } = this;
    if (!aim?.condition || draw.once(4)) return draw.of(asking.supplied);
    return suppliedFor(aim.condition, asking.names, draw);
  }

  /** Something to narrow a list by: mostly what one of its objects has. */
  #narrowing(type: string): { path: string[]; value: string } {
    const { draw } = this;
    const objects = type === 'user' ? this.world.users : this.world.objects.filter((object) => object.type === type);
    const stored = objects.map(({ attributes }) => attributes);
    const [name, value] =
      stored.length > 0 ? draw.of(Object.entries(draw.of(stored)).concat([['nothing', 1]])) : ['nothing', 1];
    if (!draw.once(3)) return { path: [name], value: typeof value === 'string' ? value : JSON.stringify(value) };
    const [path, other] = draw.of(NARROWED);
    return { path: path.split('.'), value: other };
  }
}

const isByRule = ({ reason }: Verdict): boolean => reason === 'rule_allows' || reason === 'rule_denies';

const plainRef = ({ type, id }: Ref): Ref => ({ type, id });

// There is nothing for the properties of a resource to go over.
function withoutResource(supplied: Supplied): Supplied {
  return { ...supplied, resource: undefined };
}
