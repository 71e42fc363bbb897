import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { z } from 'zod';
import type { JsonObject, ObjectRef, SubjectRef } from '../../src/core/model.js';
import { parseRef } from '../../src/core/identifiers.js';

const ROOT = new URL('../../', import.meta.url);

const reason = z.string().optional();
const properties = z.record(z.string(), z.json()) as z.ZodType<JsonObject>;
/** Properties that the question brings along. */
const given = z
  .strictObject({ subject: properties, resource: properties, action: properties, context: properties })
  .partial()
  .optional();

/** `words('subject', 'action', 'object')` reads `user:alice view document:plan`. */
const words = <const Names extends readonly string[]>(...names: Names) =>
  z.string().transform((text, context): Record<Names[number], string> => {
    const parts = text.split(' ');
    if (parts.length !== names.length)
      context.addIssue({ code: 'custom', message: `must be of the form ${names.join(' ')}` });
    return Object.fromEntries(names.map((name, index) => [name, parts[index] ?? ''])) as Record<Names[number], string>;
  });

const check = z.strictObject({
  check: words('subject', 'action', 'object'),
  allowed: z.boolean(),
  because: reason,
  given,
});
const list = z.strictObject({
  list: words('subject', 'action', 'type'),
  holds: z.array(z.string()),
  because: reason,
  given,
});
const subjects = z.strictObject({
  subjects: words('type', 'action', 'object'),
  are: z.array(z.string()),
  because: reason,
  given,
});
const actions = z.strictObject({
  actions: words('subject', 'object'),
  are: z.array(z.string()),
  because: reason,
  given,
});
const request = z.strictObject({
  /** A username, or `nobody` for one who has not signed in. */
  as: z.string(),
  request: words('method', 'path'),
  body: properties.optional(),
  status: z.number(),
  /** The ids in the list that is answered. */
  holds: z.array(z.string()).optional(),
  /** The names of the attributes of the object that is answered. */
  shows: z.array(z.string()).optional(),
  because: reason,
});

const scenario = z.strictObject({
  title: z.string(),
  story: z.string(),
  /** What is in the database: as in a seed file, or the path of one. */
  world: z.union([z.string(), z.looseObject({ users: z.array(z.looseObject({ username: z.string() })).optional() })]),
  assertions: z.array(z.union([check, list, subjects, actions, request])).min(1),
});

export type Scenario = z.infer<typeof scenario>;
export type Assertion = Scenario['assertions'][number];

/** Reads a scenario; a mistake in its form is an error, so that no assertion is passed over. */
export function readScenario(file: string): Scenario {
  const result = scenario.safeParse(parse(readFileSync(file, 'utf8')));
  if (!result.success) throw new Error(`${file}: ${z.prettifyError(result.error)}`);
  return result.data;
}

/** What the world is seeded with: every user can sign in. */
export function seedTextOf({ world }: Scenario, password: string): string {
  const contents = (
    typeof world === 'string' ? parse(readFileSync(fileURLToPath(new URL(world, ROOT)), 'utf8')) : world
  ) as { users?: object[] };
  return JSON.stringify({ ...contents, users: (contents.users ?? []).map((user) => ({ ...user, password })) });
}

/** The assertion as a sentence. */
export function nameOf(assertion: Assertion): string {
  const because = assertion.because === undefined ? '' : `: ${assertion.because}`;
  return `${factOf(assertion)}${because}`;
}

function factOf(assertion: Assertion): string {
  if ('check' in assertion) {
    const { subject, action, object } = assertion.check;
    return `${subject} may ${assertion.allowed ? '' : 'not '}${action} ${object}`;
  }
  if ('list' in assertion) {
    const { subject, action, type } = assertion.list;
    return `the ${type}s that ${subject} may ${action} are ${listed(assertion.holds)}`;
  }
  if ('subjects' in assertion) {
    const { type, action, object } = assertion.subjects;
    return `the ${type}s who may ${action} ${object} are ${listed(assertion.are)}`;
  }
  if ('actions' in assertion) {
    const { subject, object } = assertion.actions;
    return `what ${subject} may do on ${object} is ${listed(assertion.are)}`;
  }
  const { method, path } = assertion.request;
  const holds = assertion.holds ? `, with ${listed(assertion.holds)}` : '';
  const shows = assertion.shows ? `, showing ${listed(assertion.shows)}` : '';
  return `${assertion.as} gets ${assertion.status} for ${method} ${path}${holds}${shows}`;
}

function listed(names: readonly string[]): string {
  return names.length === 0 ? 'none' : names.join(', ');
}

/** `user:alice` as a reference. */
export function refOf(text: string): SubjectRef & ObjectRef {
  const ref = parseRef(text);
  if (!ref) throw new Error(`${text} must be of the form type:id.`);
  return ref;
}
