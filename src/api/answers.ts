import { z } from 'zod';
import type { JsonObject, ObjectRef } from '../core/model.js';
import type { UserRecord } from '../core/ports/users.js';
import { ref } from './schemas.js';

/** A type without what no schema can say: that something is read only. What holds any JSON stays as it is. */
type Plain<Type> = JsonObject extends Type
  ? Type
  : Type extends readonly (infer Item)[]
    ? Plain<Item>[]
    : Type extends object
      ? { -readonly [Name in keyof Type]: Plain<Type[Name]> }
      : Type;

/** The same with every member there, so that one that may be missing is not taken for one that is unknown. */
type Whole<Type> = JsonObject extends Type
  ? Type
  : Type extends readonly (infer Item)[]
    ? Whole<Item>[]
    : Type extends object
      ? { -readonly [Name in keyof Type]-?: Whole<Type[Name]> }
      : Type;

type Same<One, Other> = [One, Other] extends [Other, One] ? true : false;
type Says<Schema extends z.ZodType, Told> = [
  Same<Plain<z.output<Schema>>, Plain<Told>>,
  Same<Whole<z.output<Schema>>, Whole<Told>>,
] extends [true, true]
  ? Schema
  : never;

/**
 * Takes the schema of an answer that is exactly of the type that the code answers with: neither changes without the other.
 *
 * @example
 * const groupAnswer = saying<GroupRecord>()(z.strictObject({ id, description: z.string().nullable() }));
 */
export function saying<Told>() {
  return <Schema extends z.ZodType>(schema: Says<Schema, Told>): Schema => schema;
}

/** Attributes, conditions and what else is any JSON object. */
export const anyObject = z.record(z.string(), z.json()) as z.ZodType<JsonObject>;

/** A subject or an object, by type and id. */
export const refAnswer = saying<ObjectRef>()(ref);

export const effect = z.enum(['allow', 'deny']);
export const mode = z
  .enum(['union', 'both', 'object'])
  .meta({ description: 'Which allow rules a type asks for: any, one everywhere and one on the object, or one there.' });

/** A time in UTC. */
export const time = z.iso.datetime();

export const userAnswer = saying<UserRecord>()(
  z
    .strictObject({
      id: z.string(),
      username: z.string(),
      email: z.string().nullable(),
      active: z.boolean(),
      superuser: z.boolean(),
      attributes: anyObject,
    })
    .meta({ id: 'User' }),
);

const next = z.string().nullable().meta({ description: 'The cursor of the page after this one; null on the last.' });
const total = z.exactOptional(z.int().min(0)).meta({ description: 'How many all pages hold; with `?total=true`.' });

/** A page of a list. */
export function pageOf<Item extends z.ZodType>(item: Item, id: string) {
  return z.strictObject({ items: z.array(item), next }).meta({ id });
}

/** A page of a list that is counted when asked. */
export function countedPageOf<Item extends z.ZodType>(item: Item, id: string) {
  return z.strictObject({ items: z.array(item), next, total }).meta({ id });
}
