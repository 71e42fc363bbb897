import { Injectable } from '@nestjs/common';
import type { Author } from '../../core/caller.js';
import { notFound } from '../../core/errors.js';
import type { ObjectRef } from '../../core/model.js';
import type { RoleRecord, RoleRule } from '../../core/ports/roles.js';
import { Writes, type WriteUnit } from '../../core/ports/writes.js';
import { refuseNotYet } from '../not-yet.js';
import type { NewRoleBody, RolePatch, RuleBody } from './roles.schema.js';

/** Creates, changes and deletes roles, within what the author may do and hand out. */
@Injectable()
export class RolesService {
  constructor(private readonly writes: Writes) {}

  async create(author: Author, body: NewRoleBody): Promise<RoleRecord> {
    const rules = rulesOf(body.rules);
    return this.writes.write(author, 'structure', async (unit) => {
      await unit.authority.requireEverywhere('role', 'add');
      await requireHandsOut(unit, permissionsOf(rules), body.includes);
      return unit.roles.create({ id: body.id, description: body.description ?? null, rules, includes: body.includes });
    });
  }

  async update(author: Author, target: ObjectRef, patch: RolePatch): Promise<RoleRecord> {
    const rules = patch.rules && rulesOf(patch.rules);
    return this.writes.write(author, 'structure', async (unit) => {
      await unit.authority.requireOnObject('change', target);
      const before = await unit.roles.find(target.id);
      if (!before) throw notFound();
      // What comes is handed to all who hold the role, what goes is taken from them.
      await requireHandsOut(
        unit,
        rules ? difference(permissionsOf(before.rules), permissionsOf(rules)) : [],
        patch.includes ? difference(before.includes, patch.includes) : [],
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

async function requireHandsOut(
  unit: WriteUnit,
  permissions: readonly string[],
  includes: readonly string[],
): Promise<void> {
  await unit.authority.requireHoldsEverywhere(permissions);
  for (const id of includes) await unit.authority.requireCovers({ type: 'role', id });
}

function rulesOf(bodies: readonly RuleBody[]): RoleRule[] {
  return bodies.map((body, index) => {
    refuseNotYet(body, `rules.${index}.`);
    return { permission: body.permission, effect: 'allow', condition: null, fields: null };
  });
}

function permissionsOf(rules: readonly RoleRule[]): string[] {
  return rules.map((rule) => rule.permission);
}

function difference(one: readonly string[], other: readonly string[]): string[] {
  return [...one.filter((name) => !other.includes(name)), ...other.filter((name) => !one.includes(name))];
}
