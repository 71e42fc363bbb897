import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openPolicyDatabase, type PolicyDatabase } from '../../../test/support/policy-database.js';

describe('services in a policy', () => {
  let policies: PolicyDatabase;
  const apply: PolicyDatabase['apply'] = (...of) => policies.apply(...of);
  const services = (): Promise<Record<string, unknown>[]> =>
    policies.rows(
      `SELECT external_id AS id, active, attributes FROM castellan.subjects WHERE type = 'service' ORDER BY external_id`,
    );
  const trail = (): Promise<Record<string, unknown>[]> =>
    policies.rows(
      `SELECT action, target_id AS id, before, after FROM castellan.changes WHERE target_type = 'service' ORDER BY castellan.changes.id`,
    );

  beforeEach(async () => {
    policies = await openPolicyDatabase();
  });
  afterEach(() => policies.close());

  it('are made before what holds them, and are members, holders and creators from then on', async () => {
    const result = await apply(`
types: [{ id: post }]
groups: [{ id: machines, members: [service:billing] }]
roles: [{ id: reader, rules: [post:view] }]
assignments: [{ subject: service:billing, role: reader }]
objects: [{ type: post, id: "1", creator: service:mailer }]
grants: [{ subject: service:mailer, permission: post:add, condition: { subject.region: eu } }]
services: [{ id: billing }, { id: mailer, active: false, attributes: { region: eu, n: [1.0, -0] } }]
`);
    expect(result.counts.services).toEqual({ created: 2, updated: 0, unchanged: 0 });
    expect(result.changes.filter(({ kind }) => kind === 'service').map(({ name }) => name)).toEqual([
      'billing',
      'mailer',
    ]);
    expect(await services()).toEqual([
      { id: 'billing', active: true, attributes: {} },
      { id: 'mailer', active: false, attributes: { region: 'eu', n: [1, 0] } },
    ]);
    expect(await trail()).toEqual([
      {
        action: 'service.create',
        id: 'billing',
        before: null,
        after: { id: 'billing', active: true, attributes: {} },
      },
      {
        action: 'service.create',
        id: 'mailer',
        before: null,
        after: { id: 'mailer', active: false, attributes: { region: 'eu', n: [1, 0] } },
      },
    ]);
    const viewed = { type: 'post', id: '1' };
    const permission = { type: 'post', action: 'view' };
    const decided = async (id: string): Promise<string> =>
      (await policies.store.decider.decide({ subject: { type: 'service', id }, permission, object: viewed })).reason;
    expect([await decided('billing'), await decided('mailer')]).toEqual(['rule_allows', 'subject_inactive']);
    expect(await policies.integrity()).toEqual([]);
  });

  it('change in what differs and is named, and leave no trace where nothing does', async () => {
    await apply('services: [{ id: billing, attributes: { a: 1, b: 2 } }, { id: mailer, active: false }]');
    expect(await apply('services: [{ id: billing, attributes: { b: 2, a: 1 } }, { id: mailer }]')).toMatchObject({
      changed: false,
      counts: { services: { created: 0, updated: 0, unchanged: 2 } },
    });
    const text =
      'services: [{ id: mailer, active: true }, { id: billing, attributes: { a: 1 }, active: true }, { id: new }]';
    const planned = await policies.plan(text);
    const result = await apply(text);
    expect(result).toEqual(planned);
    expect(result.changes).toEqual([
      {
        kind: 'service',
        name: 'billing',
        change: 'update',
        before: { id: 'billing', active: true, attributes: { a: 1, b: 2 } },
        after: { id: 'billing', active: true, attributes: { a: 1 } },
      },
      {
        kind: 'service',
        name: 'mailer',
        change: 'update',
        before: { id: 'mailer', active: false, attributes: {} },
        after: { id: 'mailer', active: true, attributes: {} },
      },
      {
        kind: 'service',
        name: 'new',
        change: 'create',
        before: null,
        after: { id: 'new', active: true, attributes: {} },
      },
    ]);
    expect((await trail()).map(({ action, id }) => `${String(action)} ${String(id)}`)).toEqual([
      'service.create billing',
      'service.create mailer',
      'service.update mailer',
      'service.update billing',
      'service.create new',
    ]);
  });

  it('stay when no file names them any more, as users do', async () => {
    const grants = 'types: [{ id: post }]\ngrants: [{ subject: service:billing, permission: post:view }]\n';
    await apply(`services: [{ id: billing }]\n${grants}`);
    const pruned = await apply('{}', { prune: 'all' });
    expect(pruned.changes.map(({ change, kind }) => `${change} ${kind}`)).toEqual(['delete type', 'delete grant']);
    expect((await services()).map(({ id }) => id)).toEqual(['billing']);
  });
});
