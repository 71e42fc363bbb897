import { Injectable } from '@nestjs/common';
import type { Author } from '../../core/caller.js';
import { notFound } from '../../core/errors.js';
import type { ObjectRef } from '../../core/model.js';
import type { RoleRecord, RoleRule } from '../../core/ports/roles.js';
import { Writes, type WriteUnit } from '../../core/ports/writes.js';
import { ruleKey } from '../../core/rule-key.js';
import { requireTag } from './role-tag.js';
import type { NewRoleBody, RolePatch, RuleBody } from './roles.schema.js';

/** Creates, changes and deletes roles, within what the author may do and hand out. */
@Injectable()
export class RolesService {
  constructor(private readonly writes: Writes) {}

  async create(author: Author, body: NewRoleBody): Promise<RoleRecord> {
    const rules = rulesOf(body.rules);
    return this.writes.write(author, 'structure', async (unit) => {
      await unit.authority.requireEverywhere('role', 'add');
      await requireHandsOut(unit, body.id, rules, body.includes);
      return unit.roles.create({ id: body.id, description: body.description ?? null, rules, includes: body.includes });
    });
  }

  /** @param ifMatch what the author has seen of the role: it is changed only while it is still that. */
  async update(author: Author, target: ObjectRef, patch: RolePatch, ifMatch?: string): Promise<RoleRecord> {
    const rules = patch.rules && rulesOf(patch.rules);
    return this.writes.write(author, 'structure', async (unit) => {
      await unit.authority.requireOnObject('change', target);
      const before = await unit.roles.find(target.id);
      if (!before) throw notFound();
      requireTag(ifMatch, before);
      // What comes is handed to all who hold the role, what goes is taken from them.
      await requireHandsOut(
        unit,
        target.id,
        rules ? difference(before.rules, rules, keyOf) : [],
        patch.includes ? difference(before.includes, patch.includes, (id) => id) : [],
      );
      return unit.roles.update(target.id, {
        ...(patch.description === undefined ? {} : { description: patch.description }),
        ...(rules ? { rules } : {}),
        ...(patch.includes ? { includes: patch.includes } : {}),
      });
    });
  }

  async delete(author: Author, target: ObjectRef): Promise<void> {
    await this.writes.write(author, 'structure', async (unit) => {
      await unit.authority.requireOnObject('delete', target);
      await unit.authority.requireCovers({ type: 'role', id: target.id });
      await unit.roles.delete(target.id);
    });
  }
}

// A rule of a role is handed out everywhere, since the role may be assigned everywhere.
async function requireHandsOut(
  unit: WriteUnit,
  role: string,
  rules: readonly RoleRule[],
  includes: readonly string[],
): Promise<void> {
  await unit.authority.requireHandsOut(
    rules.map(({ permission, condition, fields }) => ({ permission, place: null, condition, fields, expiresAt: null })),
    { type: 'role', id: role },
  );
  for (const id of includes) await unit.authority.requireCovers({ type: 'role', id }, role);
}

function rulesOf(bodies: readonly RuleBody[]): RoleRule[] {
  return bodies.map(({ permission, effect = 'allow', condition = null, fields = null }) => ({
    permission,
    effect,
    condition,
    fields,
  }));
}

function keyOf(rule: RoleRule): string {
  return `${rule.permission} ${ruleKey(rule)}`;
}

/** Those that are in one of the lists only. */
function difference<Item>(one: readonly Item[], other: readonly Item[], key: (item: Item) => string): Item[] {
  const [ones, others] = [new Set(one.map(key)), new Set(other.map(key))];
  return [...one.filter((item) => !others.has(key(item))), ...other.filter((item) => !ones.has(key(item)))];
}
