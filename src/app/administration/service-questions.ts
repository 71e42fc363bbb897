import { setTimeout as pause } from 'node:timers/promises';
import { ForbiddenError } from '../../client/api-errors.js';
import type { CastellanClient } from '../../client/castellan-client.js';
import type { ToldExplanation } from '../../core/explain-sight.js';
import { permissionName, type ObjectRef, type Question, type SubjectRef } from '../../core/model.js';
import type { ChangeFilter, ChangeRecord } from '../../core/ports/changes.js';
import { PAGE } from './all-pages.js';
import { placesToAdd } from './places-to-add.js';
import type { Checked, ObjectsQuestion, Questions } from './questions.js';

const LOOK_EVERY_MS = 500;
const page = { limit: PAGE };

/** Questions as the service answers them to whoever the client speaks as. */
export function questionsTo(client: CastellanClient): Questions {
  const { authzen, access, changes } = client;
  return {
    check: (question) => check(client, question),
    explain: (question) => explained(client, question),
    list: (question, most = Number.POSITIVE_INFINITY) => list(client, question, most),
    whoCan: async function* ({ subjectType, action, object }) {
      const subjects = authzen.iterateSubjects({
        subject: { type: subjectType },
        action: { name: action },
        resource: object,
        page,
      });
      yield* inPages(subjects);
    },
    actions: async (subject, object) => {
      const { results } = await authzen.searchActions({ subject: bare(subject), resource: bare(object), page });
      return results.map(({ name }) => name);
    },
    rulesOf: (subject) => access.ability(subject),
    placesToAdd: async (subject, type) => {
      try {
        return await placesToAdd((question) => explained(client, question), subject, type);
      } catch (error) {
        if (error instanceof ForbiddenError) return null;
        throw error;
      }
    },
    count: async (question) => {
      const { page: found } = await authzen.searchResources({
        ...searchOf(question),
        page: { limit: 0, properties: { total: true } },
      });
      return found.total ?? 0;
    },
    // What is unknown, and what may not be seen, a service does not tell apart.
    notes: () => Promise.resolve([]),
    lastChanges: (filter, limit) => lastChanges(client, filter, limit),
    followChanges: async function* (filter, limit) {
      // What was begun before these may still come to stand among them: it goes on from before the first.
      const known = await lastChanges(client, {}, PAGE);
      const seen = new Set(known.map(({ id }) => id));
      const last = known.at(-1)?.id ?? '0';
      const shown = (await lastChanges(client, filter, limit)).filter(({ id }) => BigInt(id) <= BigInt(last));
      for (const { id } of shown) seen.add(id);
      yield shown;
      let after = known.length < PAGE ? '0' : (known[0]?.id ?? '0');
      for (;;) {
        const { items } = await changes.list({ ...filter, order: 'oldest', after, limit: PAGE });
        yield items.filter(({ id }) => !seen.has(id));
        after = items.at(-1)?.id ?? after;
        if (items.length < PAGE) await pause(LOOK_EVERY_MS);
      }
    },
  };
}

function explained({ access }: CastellanClient, question: Question): Promise<ToldExplanation> {
  const { object, proposed } = question;
  return access.explain({ ...asked(question), ...(proposed ? { parent: object } : { object }) });
}

async function check(
  { authzen }: CastellanClient,
  { subject, permission, object }: Question & { readonly object: ObjectRef },
): Promise<Checked> {
  const question = { subject: bare(subject), action: { name: permission.action }, resource: bare(object) };
  try {
    const { evaluations } = await authzen.evaluations({ evaluations: [question], options: { reasons: true } });
    const [told] = evaluations;
    const { reason = null, rules = [] } = told?.context ?? {};
    return { allowed: told?.decision === true, reason, rules, notes: [] };
  } catch (error) {
    // The reasons take more than the decision does.
    if (!(error instanceof ForbiddenError)) throw error;
    const { decision } = await authzen.evaluation(question);
    return { allowed: decision, reason: null, rules: [], notes: [] };
  }
}

async function* list({ authzen }: CastellanClient, question: ObjectsQuestion, most: number): AsyncGenerator<string[]> {
  let left = most;
  const found = authzen.iterateResources({ ...searchOf(question), page: { limit: Math.min(most, PAGE) } });
  for await (const objects of inPages(found)) {
    yield objects.slice(0, left).map(({ id }) => id);
    left -= objects.length;
    if (left <= 0) return;
  }
}

async function lastChanges({ changes }: CastellanClient, filter: ChangeFilter, limit: number): Promise<ChangeRecord[]> {
  if (limit === 0) return [];
  return (await changes.list({ ...filter, order: 'newest', limit })).items.toReversed();
}

function searchOf({ subject, permission }: ObjectsQuestion): {
  subject: SubjectRef;
  action: { name: string };
  resource: { type: string };
} {
  return { subject: bare(subject), action: { name: permission.action }, resource: { type: permission.type } };
}

function asked({ subject, permission }: Question): { subject: SubjectRef; permission: string } {
  return { subject: bare(subject), permission: permissionName(permission) };
}

const bare = ({ type, id }: SubjectRef): SubjectRef => ({ type, id });

async function* inPages<Item>(items: AsyncGenerator<Item>): AsyncGenerator<Item[]> {
  let some: Item[] = [];
  for await (const item of items) {
    some.push(item);
    if (some.length < PAGE) continue;
    yield some;
    some = [];
  }
  yield some;
}
