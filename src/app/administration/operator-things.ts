import { newGroup, groupPatch } from '../../api/groups/groups.schema.js';
import { GroupsService } from '../../api/groups/groups.service.js';
import { newRole, rolePatch } from '../../api/roles/roles.schema.js';
import { RolesService } from '../../api/roles/roles.service.js';
import { newType, typePatch } from '../../api/types/types.schema.js';
import { TypesService } from '../../api/types/types.service.js';
import type { Member, NewGroup, GroupPatch, Group } from '../../client/groups.js';
import type { NewRole, Role, RolePatch } from '../../client/roles.js';
import type { NewType, ResourceType, TypePatch } from '../../client/types.js';
import { CastellanError } from '../../core/errors.js';
import type { SubjectRef } from '../../core/model.js';
import type { Page } from '../../core/ports/lists.js';
import type { Groups, Roles, Things } from './administration.js';
import { allPages, PAGE } from './all-pages.js';
import { fitting, type OperatorParts } from './operator-parts.js';

interface Reader<Item> {
  find(id: string): Promise<Item | null>;
  findMany(ids: readonly string[]): Promise<Item[]>;
}

/** The one of that id. @throws CastellanError `not_found`, by its name: an operator may see everything. */
export async function found<Item>(kind: string, id: string, reader: Pick<Reader<Item>, 'find'>): Promise<Item> {
  const item = await reader.find(id);
  if (item === null) throw missing(kind, id);
  return item;
}

/** Does the work, and names what it does not find. */
export async function naming<Result>(kind: string, id: string, work: Promise<Result>): Promise<Result> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof CastellanError && error.code === 'not_found') throw missing(kind, id);
    throw error;
  }
}

/** All of a list of ids, each read by the page. */
export async function* readAll<Item>(
  ids: (page: { limit: number; after?: string | undefined }) => Promise<Page<string>>,
  reader: Reader<Item>,
): AsyncGenerator<Item> {
  for (let after: string | null | undefined; after !== null;) {
    const page: Page<string> = await ids({ limit: PAGE, after });
    yield* await reader.findMany(page.items);
    after = page.next;
  }
}

export class OperatorGroups implements Groups {
  readonly #service: GroupsService;

  constructor(private readonly parts: OperatorParts) {
    this.#service = new GroupsService(parts.writes);
  }

  list(): AsyncGenerator<Group> {
    return readAll((page) => this.parts.everything.subjects('group', page), this.parts.store.groups);
  }

  get(id: string): Promise<Group> {
    return found('group', id, this.parts.store.groups);
  }

  async create(body: NewGroup): Promise<Group> {
    return this.#service.create(this.parts.author(), fitting(newGroup, body));
  }

  async update(id: string, patch: GroupPatch): Promise<Group> {
    return this.#work(id, this.#service.update(this.parts.author(), target(id), fitting(groupPatch, patch)));
  }

  delete(id: string): Promise<void> {
    return this.#work(id, this.#service.delete(this.parts.author(), target(id)));
  }

  async *members(group: string): AsyncGenerator<SubjectRef> {
    await this.get(group);
    yield* allPages((page) => this.parts.store.groups.members(group, page));
  }

  countWith(member: SubjectRef): Promise<number> {
    return this.parts.everything.countGroupsWith(member);
  }

  async add(group: string, member: Member): Promise<void> {
    await this.#work(group, this.#service.addMember(this.parts.author(), target(group), member));
  }

  async remove(group: string, member: Member): Promise<void> {
    await this.get(group);
    const work = this.#service.removeMember(this.parts.author(), target(group), member);
    await work.catch((error: unknown) => {
      if (!(error instanceof CastellanError) || error.code !== 'not_found') throw error;
      throw new CastellanError('not_found', `${member.type}:${member.id} is no direct member of group:${group}.`);
    });
  }

  #work<Result>(id: string, work: Promise<Result>): Promise<Result> {
    return naming('group', id, work);
  }
}

export class OperatorRoles implements Roles {
  readonly #service: RolesService;

  constructor(private readonly parts: OperatorParts) {
    this.#service = new RolesService(parts.writes);
  }

  list(): AsyncGenerator<Role> {
    return readAll((page) => this.parts.everything.subjects('role', page), this.parts.store.roles);
  }

  get(id: string): Promise<Role> {
    return found('role', id, this.parts.store.roles);
  }

  async create(body: NewRole): Promise<Role> {
    return this.#service.create(this.parts.author(), fitting(newRole, body));
  }

  update(id: string, patch: RolePatch): Promise<Role> {
    return this.edit(id, () => patch);
  }

  edit(id: string, patchOf: (role: Role) => RolePatch | null): Promise<Role> {
    return this.parts.writes.write(this.parts.author(), 'structure', async (unit) => {
      const role = await found('role', id, unit.roles);
      const patch = patchOf(role);
      if (!patch) return role;
      const { description, rules, includes } = fitting(rolePatch, patch);
      return unit.roles.update(id, {
        ...(description === undefined ? {} : { description }),
        ...(rules ? { rules: rules.map(wholeRule) } : {}),
        ...(includes ? { includes } : {}),
      });
    });
  }

  delete(id: string): Promise<void> {
    return naming('role', id, this.#service.delete(this.parts.author(), { type: 'role', id }));
  }
}

export class OperatorTypes implements Things<ResourceType, NewType, TypePatch> {
  readonly #service: TypesService;

  constructor(private readonly parts: OperatorParts) {
    this.#service = new TypesService(parts.writes);
  }

  list(): AsyncGenerator<ResourceType> {
    return readAll((page) => this.parts.everything.types(page), this.parts.store.types);
  }

  get(id: string): Promise<ResourceType> {
    return found('type', id, this.parts.store.types);
  }

  async create(body: NewType): Promise<ResourceType> {
    return this.#service.create(this.parts.author(), fitting(newType, body));
  }

  async update(id: string, patch: TypePatch): Promise<ResourceType> {
    const work = this.#service.update(this.parts.author(), { type: 'type', id }, fitting(typePatch, patch));
    return naming('type', id, work);
  }

  delete(id: string): Promise<void> {
    return naming('type', id, this.#service.delete(this.parts.author(), { type: 'type', id }));
  }
}

function wholeRule({
  permission,
  effect = 'allow',
  condition = null,
  fields = null,
}: NonNullable<ReturnType<typeof rolePatch.parse>['rules']>[number]): Role['rules'][number] {
  return { permission, effect, condition, fields };
}

const target = (id: string): SubjectRef => ({ type: 'group', id });

function missing(kind: string, id: string): CastellanError {
  return new CastellanError('not_found', `There is no ${kind}:${id}.`);
}
