import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applyPolicy } from '../../src/app/policy/apply-policy.js';
import { parsePolicy } from '../../src/app/policy/parse-policy.js';
import { Passwords } from '../../src/auth/passwords.js';
import { operator } from '../../src/core/caller.js';
import type { Question, SubjectRef } from '../../src/core/model.js';
import type { Page } from '../../src/core/ports/lists.js';
import { PASSWORD, startTestService, type TestService } from '../support/service.js';
import { nameOf, readScenario, refOf, seedTextOf, type Assertion } from './scenario.js';

const folder = fileURLToPath(new URL('.', import.meta.url));
const files = readdirSync(folder).filter((file) => file.endsWith('.yaml'));
// The service needs a superuser, who is in none of the stories.
const OUTSIDER = 'admin';
// Small, so that lists are read over several pages.
const PAGE = 3;

type Asked<Kind extends string> = Extract<Assertion, Record<Kind, unknown>>;

describe.each(files)('scenario %s', (file) => {
  const scenario = readScenario(`${folder}${file}`);
  let service: TestService;

  beforeAll(async () => {
    service = await startTestService();
    const seed = parsePolicy(seedTextOf(scenario, PASSWORD), file);
    // Hashed once: it is meant to take long.
    const hashed = await new Passwords().hash(PASSWORD);
    await applyPolicy(service.store, operator('test', file), seed, { hash: () => Promise.resolve(hashed) });
  });
  afterAll(() => service.stop());

  // In their order: what a request changes holds for those after it.
  it.each(scenario.assertions.map((assertion) => ({ assertion, name: nameOf(assertion) })))(
    '$name',
    async ({ assertion }) => {
      if ('check' in assertion) await assertCheck(service, assertion);
      else if ('list' in assertion) await assertList(service, assertion);
      else if ('subjects' in assertion) await assertSubjects(service, assertion);
      else if ('actions' in assertion) await assertActions(service, assertion);
      else await assertRequest(service, assertion);
    },
  );
});

/** A decision, and with it the list, the subjects, the actions and the explanation, which must all say the same. */
async function assertCheck(service: TestService, { check, allowed, given }: Asked<'check'>): Promise<void> {
  const { store } = service;
  const [subject, object] = [refOf(check.subject), refOf(check.object)];
  const question: Question = {
    subject,
    object,
    permission: { type: object.type, action: check.action },
    supplied: given,
  };
  const answers = {
    decided: (await store.decider.decide(question)).allowed,
    explained: (await store.explanations.explain(question)).decision.allowed,
    among_actions: (await store.actionLists.list({ subject, object, supplied: given })).includes(check.action),
    ...((await store.objects.find(object)) ? { listed: (await listOf(service, question)).includes(object.id) } : {}),
    ...((await isKnown(service, subject))
      ? { among_subjects: (await subjectsOf(service, subject.type, question)).includes(subject.id) }
      : {}),
  };
  expect(answers).toEqual(Object.fromEntries(Object.keys(answers).map((name) => [name, allowed])));
}

async function assertList(service: TestService, { list, holds, given }: Asked<'list'>): Promise<void> {
  const permission = { type: list.type, action: list.action };
  const ids = await listOf(service, { subject: refOf(list.subject), permission, supplied: given });
  expect(ids.toSorted()).toEqual(holds.toSorted());
}

async function assertSubjects(service: TestService, { subjects, are, given }: Asked<'subjects'>): Promise<void> {
  const object = refOf(subjects.object);
  const permission = { type: object.type, action: subjects.action };
  const ids = await subjectsOf(service, subjects.type, { permission, object, supplied: given });
  expect(ids.filter((id) => subjects.type !== 'user' || id !== OUTSIDER).toSorted()).toEqual(are.toSorted());
}

async function assertActions({ store }: TestService, { actions, are, given }: Asked<'actions'>): Promise<void> {
  const question = { subject: refOf(actions.subject), object: refOf(actions.object), supplied: given };
  expect((await store.actionLists.list(question)).toSorted()).toEqual(are.toSorted());
}

async function assertRequest(service: TestService, asked: Asked<'request'>): Promise<void> {
  const { method, path } = asked.request;
  const verb = method.toLowerCase() as 'get' | 'post' | 'put' | 'patch' | 'delete';
  const request = service.as(asked.as === 'nobody' ? undefined : asked.as)[verb](path);
  const { status, body } = await (asked.body ? request.send(asked.body) : request);
  expect({ status, body }).toMatchObject({ status: asked.status });
  if (asked.holds) {
    const ids = (body as { items: { id: string }[] }).items.map(({ id }) => id);
    expect(ids.toSorted()).toEqual(asked.holds.toSorted());
  }
  if (asked.shows) {
    const { attributes } = body as { attributes: object };
    expect(Object.keys(attributes).toSorted()).toEqual(asked.shows.toSorted());
  }
}

function listOf({ store }: TestService, question: Pick<Question, 'subject' | 'permission' | 'supplied'>) {
  return idsOf((page) => store.lists.list({ ...question, ...page }));
}

function subjectsOf({ store }: TestService, subjectType: string, question: Omit<Question, 'subject'>) {
  const { permission, supplied, object = refOf('no:object') } = question;
  return idsOf((page) => store.subjectLists.list({ subjectType, permission, object, supplied, ...page }));
}

async function idsOf(
  list: (page: { limit: number; after: string | undefined }) => Promise<Page<{ id: string }>>,
): Promise<string[]> {
  const ids: string[] = [];
  let after: string | undefined;
  do {
    const page = await list({ limit: PAGE, after });
    ids.push(...page.items.map(({ id }) => id));
    after = page.next ?? undefined;
  } while (after !== undefined);
  return ids;
}

async function isKnown({ store }: TestService, { type, id }: SubjectRef): Promise<boolean> {
  if (type === 'user') return (await store.users.find(id)) !== null;
  if (type === 'group') return (await store.groups.find(id)) !== null;
  return type === 'role' && (await store.roles.find(id)) !== null;
}
