import type supertest from 'supertest';
import { action, record, startCertifiedService, user, type CertifiedService } from './certified-service.js';

/** How many records there are, `record-1` to `record-23`; every third from the third on is archived. */
export const RECORDS = 23;

/** One whole request for each search, which finds more than one result. */
export const SEARCHES: Readonly<Record<'subject' | 'resource' | 'action', object>> = {
  subject: { subject: { type: 'user' }, action: action('read'), resource: record('record-1') },
  resource: { subject: user('alice'), action: action('write'), resource: { type: 'record' } },
  action: { subject: user('alice'), resource: record('record-1') },
};

export interface SearchAnswer {
  readonly page: { readonly next_token: string; readonly count: number; readonly total?: number };
  readonly results: object[];
}

/** The certified service, with enough records in it to fill pages. */
export interface SearchedService extends CertifiedService {
  /** What is found, by the one who may ask anything unless another is named. */
  search(what: string, body: object, as?: string): Promise<SearchAnswer>;
  /** The request itself. */
  send(what: string, body: object, as: string | undefined): supertest.Test;
}

export async function startSearchedService(): Promise<SearchedService> {
  const service = await startCertifiedService();
  await service.addUser('gone', { active: false });
  await service.arrange(async (unit) => {
    for (let n = 3; n <= RECORDS; n += 1) {
      const attributes = { status: n % 3 === 0 ? 'archived' : 'active' };
      await unit.objects.create({ type: 'record', id: `record-${n}`, attributes }, null);
    }
    await unit.groups.create({ id: 'staff', description: null });
    await unit.groups.create({ id: 'team', description: null });
    await unit.groups.addMember('staff', { type: 'group', id: 'team' });
    await unit.groups.addMember('team', user('harness'));
    await unit.grants.create([
      { subject: { type: 'group', id: 'staff' }, permission: 'record:delete', object: record('record-7') },
    ]);
  });
  const send = (what: string, body: object, as: string | undefined) =>
    service.as(as).post(`/access/v1/search/${what}`).send(body);
  return {
    ...service,
    send,
    search: async (what, body, as = 'harness') => (await send(what, body, as).expect(200)).body as SearchAnswer,
  };
}
