import { z } from 'zod';
import { parseCondition } from '../core/conditions/parse-condition.js';
import { CastellanError } from '../core/errors.js';
import type { Json, JsonObject } from '../core/model.js';

/** A condition, checked as far as it can be without the things that it is about. */
const condition = z.record(z.string(), z.json()).superRefine((value, context) => {
  try {
    parseCondition(value, '');
  } catch (error) {
    if (!(error instanceof CastellanError)) throw error;
    for (const { path, message } of error.faults)
      context.addIssue({ code: 'custom', path: stepsTo(path.replace(/^\./, ''), value), message });
  }
}) as z.ZodType<JsonObject>;

const fields = z
  .array(z.string().min(1, 'must not be empty').max(256, 'must have at most 256 characters'))
  .min(1, 'must name at least one field; leave it out for all of them')
  .max(256, 'must name at most 256 fields')
  .transform((names) => [...new Set(names)]);

/** The most that the rules of one role may take as JSON, in bytes. */
const MOST_RULES_BYTES = 1024 * 1024;

/** Refuses rules that are larger than those of one role may be together; for a schema of a list of them. */
export function refuseLargeRules(rules: readonly object[], context: z.core.$RefinementCtx): void {
  if (Buffer.byteLength(JSON.stringify(rules)) > MOST_RULES_BYTES)
    context.addIssue({ code: 'custom', message: `must take at most ${MOST_RULES_BYTES} bytes in all` });
}

// What Postgres and JavaScript both have words for.
const FIRST = Date.parse('0001-01-01T00:00:00Z');
const LAST = Date.parse('9999-12-31T23:59:59.999Z');

/** A time with its zone; read as the same instant in UTC, in milliseconds. */
export const instant = z.iso.datetime({ offset: true }).transform((text, context) => {
  const time = Date.parse(text);
  if (time >= FIRST && time <= LAST) return new Date(time).toISOString();
  context.addIssue({ code: 'custom', message: 'must be in the years 1 to 9999' });
  return z.NEVER;
});

/** What a rule says beside its permission: null is as if it were left out. */
export const ruleParts = {
  effect: z.enum(['allow', 'deny']).optional(),
  condition: condition.nullable().optional(),
  fields: fields.nullable().optional(),
};

/** When a grant or an assignment counts: null is as if it were left out. */
export const windowParts = {
  startsAt: instant.nullable().optional(),
  expiresAt: instant.nullable().optional(),
};

/** Refuses a window in which there is no time; for a schema with {@link windowParts}. */
export function refuseEmptyWindow(
  body: { readonly startsAt?: string | null | undefined; readonly expiresAt?: string | null | undefined },
  context: z.core.$RefinementCtx,
): void {
  const { startsAt, expiresAt } = body;
  if (startsAt && expiresAt && expiresAt <= startsAt)
    context.addIssue({ code: 'custom', path: ['expiresAt'], message: 'must be after startsAt' });
}

// Names may hold dots, so only the value tells where one step of a path ends.
function stepsTo(path: string, value: Json | undefined): string[] {
  if (path === '') return [];
  const names = typeof value === 'object' && value !== null ? Object.keys(value) : [];
  const fitting = names
    .filter((name) => path === name || path.startsWith(`${name}.`))
    .toSorted((one, other) => other.length - one.length);
  const [name] = fitting;
  if (name === undefined) return [path];
  return [name, ...stepsTo(path.slice(name.length + 1), (value as JsonObject)[name])];
}
