import { z } from 'zod';
import { instant } from '../../api/rule-parts.js';
import { attributes, id, name, ref } from '../../api/schemas.js';
import { written } from './written-ref.js';

/** One name, or a list of them, each once. */
const oneOrMore = <Schema extends z.ZodType>(entry: Schema) =>
  z
    .preprocess((value) => (Array.isArray(value) ? value : [value]), z.array(entry).min(1, 'must name at least one'))
    .meta({ short: { pattern: '^[^:]+$' } });

const supplied = z.strictObject({
  subject: attributes.optional(),
  resource: attributes.optional(),
  action: attributes.optional(),
  context: attributes.optional(),
});

/** When a question is asked, and what comes along with it. */
const asking = { at: instant.optional(), supplied: supplied.optional() };

/** An object by its reference, or a type by its name: then no object in particular. */
const objectOrType = z
  .preprocess(
    (value) => (typeof value === 'string' && !value.includes(':') ? { type: value } : value),
    written(z.strictObject({ type: name, id: id.optional() })),
  )
  .meta({ short: { pattern: '^[^:]+(:.+)?$', examples: ['post:123', 'post'] } });

const check = z
  .strictObject({
    subject: written(ref),
    object: objectOrType,
    parent: written(ref).optional(),
    allow: oneOrMore(name).optional(),
    deny: oneOrMore(name).optional(),
    ...asking,
  })
  .superRefine(({ allow, deny, object, parent }, context) => {
    if (!allow && !deny)
      context.addIssue({ code: 'custom', message: 'must say what is to be allowed, or denied: allow, deny' });
    const both = (allow ?? []).find((action) => deny?.includes(action));
    if (both !== undefined)
      context.addIssue({ code: 'custom', path: ['deny'], message: `${both} is to be allowed as well` });
    if (parent && object.id !== undefined)
      context.addIssue({
        code: 'custom',
        path: ['parent'],
        message: 'is for what is yet to be made: then the object is a type',
      });
  });

const list = z.strictObject({ subject: written(ref), action: name, type: name, expect: z.array(id), ...asking });

const whoCan = z
  .strictObject({
    action: name,
    object: written(ref),
    type: z.enum(['user', 'service', 'group', 'role']).optional(),
    expect: z.array(written(ref)),
    ...asking,
  })
  .superRefine(({ type, expect }, context) => {
    const other = type === undefined ? -1 : expect.findIndex((subject) => subject.type !== type);
    if (other >= 0) context.addIssue({ code: 'custom', path: ['expect', other], message: `must be a ${type}` });
  });

/** A test of a policy: what has to be true in a world that holds what the files say, and nothing else. */
export const policyTest = z
  .strictObject({
    name: z.string().min(1, 'must not be empty').max(200, 'must have at most 200 characters'),
    ...asking,
    check: z.array(check).optional(),
    list: z.array(list).optional(),
    'who-can': z.array(whoCan).optional(),
  })
  .superRefine((test, context) => {
    const asserted = [test.check, test.list, test['who-can']].some((assertions) => (assertions ?? []).length > 0);
    if (!asserted) context.addIssue({ code: 'custom', message: 'must assert something: check, list or who-can' });
  });

export type PolicyTest = z.infer<typeof policyTest>;
export type PolicyCheck = NonNullable<PolicyTest['check']>[number];
export type PolicyList = NonNullable<PolicyTest['list']>[number];
export type PolicyWhoCan = NonNullable<PolicyTest['who-can']>[number];
