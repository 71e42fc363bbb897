import { expect } from 'vitest';
import type { Author } from '../../src/core/caller.js';
import { CastellanError } from '../../src/core/errors.js';
import type { NewGrant } from '../../src/core/ports/grants.js';
import type { HandedRule } from '../../src/core/ports/holdings.js';
import type { WriteUnit } from '../../src/core/ports/writes.js';
import { startTestService, type TestService } from './service.js';

export const SOON = '2100-01-01T00:00:00.000Z';
export const LATER = '2200-01-01T00:00:00.000Z';
export const PAST = '2001-01-01T00:00:00.000Z';

export const user = (id: string) => ({ type: 'user', id });
export const doc = (id: string) => ({ type: 'doc', id });
export const folder = (id: string) => ({ type: 'folder', id });
// Above: the root folder; at: the inner one; below: a document in it; beside: another root.
export const ABOVE = folder('above');
export const AT = folder('at');
export const BELOW = doc('below');
export const BESIDE = folder('beside');

export const DRAFT = { 'resource.status': 'draft' };
export const OWN = { 'resource.owner': { $ref: 'subject.id' } };

export type Held = Partial<NewGrant>;
export type Handed = Partial<HandedRule>;

/** A user `hand`, in the group `crew`, who hands out in a little tree of folders, types of each mode, and an empty role. */
export interface HandingOut {
  readonly service: TestService;
  /** Asks in a write by `hand` in which this is so, and which is then undone. */
  readonly covered: (
    arrange: (unit: WriteUnit) => Promise<unknown>,
    ask: (unit: WriteUnit) => Promise<void>,
  ) => Promise<boolean | undefined>;
  stop(): Promise<void>;
}

export async function startHandingOut(): Promise<HandingOut> {
  const service = await startTestService();
  const author: Author = { subject: user('hand'), operator: false, requestId: 'test' };
  await service.addUser('hand');
  await service.arrange(async (unit) => {
    await unit.types.create({ id: 'folder', actions: ['view', 'grant'], creatorActions: [] });
    for (const [id, mode] of Object.entries({ doc: 'union', both: 'both', object: 'object' } as const))
      await unit.types.create({ id, actions: ['view', 'change', 'grant'], creatorActions: [], mode });
    await unit.objects.create({ ...ABOVE, attributes: {} }, null);
    await unit.objects.create({ ...BESIDE, attributes: {} }, null);
    await unit.objects.create({ ...AT, attributes: {}, parent: ABOVE }, null);
    await unit.objects.create({ ...BELOW, attributes: {}, parent: AT }, null);
    await unit.groups.create({ id: 'crew', description: null });
    await unit.groups.addMember('crew', user('hand'));
    await unit.roles.create({ id: 'empty', description: null, rules: [], includes: [] });
  });
  return {
    service,
    covered: (arrange, ask) => coveredIn(service, author, arrange, ask),
    stop: () => service.stop(),
  };
}

/** Grants to `hand`; unless said: of doc:view, on the folder `at`. */
export const grants = (held: readonly Held[], subject = user('hand')): NewGrant[] =>
  held.map((parts) => ({ subject, permission: 'doc:view', object: AT, ...parts }));

/** What is handed out; unless said: doc:view, on the folder `at`, without anything else. */
export const rule = (handed: Handed): HandedRule => ({
  permission: 'doc:view',
  place: AT,
  condition: null,
  fields: null,
  expiresAt: null,
  ...handed,
});

async function coveredIn(
  service: TestService,
  author: Author,
  arrange: (unit: WriteUnit) => Promise<unknown>,
  ask: (unit: WriteUnit) => Promise<void>,
): Promise<boolean | undefined> {
  const undone = new Error('undone');
  let answer: boolean | undefined;
  await expect(
    service.store.writes.write(author, 'structure', async (unit) => {
      await arrange(unit);
      answer = await ask(unit).then(
        () => true,
        (error: unknown) => {
          expect(error).toBeInstanceOf(CastellanError);
          expect((error as CastellanError).code).toBe('cannot_hand_out');
          return false;
        },
      );
      throw undone;
    }),
  ).rejects.toBe(undone);
  return answer;
}
