import { z } from 'zod';
import { ruleParts } from '../rule-parts.js';
import { description, id, permission } from '../schemas.js';

const rules = z.array(z.strictObject({ permission, ...ruleParts }).meta({ id: 'NewRule' })).max(1000);
const includes = z.array(id).max(1000);

export const newRole = z
  .strictObject({
    id,
    description: description.nullish(),
    rules: rules.default([]),
    includes: includes.default([]),
  })
  .meta({ id: 'NewRole' });
export type NewRoleBody = z.infer<typeof newRole>;

/** A merge patch: rules and includes are replaced as a whole. */
export const rolePatch = z
  .strictObject({
    description: description.nullable().optional(),
    rules: rules.optional(),
    includes: includes.optional(),
  })
  .meta({ id: 'RolePatch' });
export type RolePatch = z.infer<typeof rolePatch>;
export type RuleBody = NewRoleBody['rules'][number];
