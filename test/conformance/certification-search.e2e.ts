import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectBadRequest, expectFound } from './certification-expectations.js';
import { action, record, startCertifiedService, user, type CertifiedService } from './certified-service.js';

// The levels and cases are those of the certification scenario of the AuthZEN working group:
// https://github.com/openid/authzen/blob/main/certification/authorization-api-1_0-scenario.md

const archived = { status: 'archived' };
const admin = { role: 'admin' };
const someContext = { time: '2025-06-27T18:03-07:00', ip: '192.168.1.1' };

let service: CertifiedService;

beforeAll(async () => {
  service = await startCertifiedService();
});
afterAll(() => service.stop());

const whoReads = { subject: { type: 'user' }, action: action('read'), resource: record('record-1') };
const whatAliceReads = { subject: user('alice'), action: action('read'), resource: { type: 'record' } };
const whatAliceDoes = { subject: user('alice'), resource: record('record-1') };

describe('Search, Core', () => {
  const readers = [user('alice'), user('bob')];
  const records = [record('record-1'), record('record-2')];
  const actions = [action('read'), action('write')];

  it.each([
    ['subject', whoReads, [user('admin'), ...readers]],
    ['resource', whatAliceReads, records],
    ['action', whatAliceDoes, actions],
  ])('finds each %s, with a context or without', async (search, body, results) => {
    await expectFound(service, search, body, results);
    await expectFound(service, search, { ...body, context: someContext }, results);
  });

  it('does not look at the id of what it searches for', async () => {
    await expectFound(service, 'subject', { ...whoReads, subject: user('alice') }, [user('admin'), ...readers]);
    await expectFound(service, 'resource', { ...whatAliceReads, resource: record('record-1') }, records);
    await expectFound(service, 'subject', { ...whoReads, subject: { type: 'user', id: 7 } }, [
      user('admin'),
      ...readers,
    ]);
    await expectFound(service, 'resource', { ...whatAliceReads, resource: { type: 'record', id: 7 } }, records);
  });

  it.each([
    ['subject', whoReads],
    ['resource', whatAliceReads],
    ['action', whatAliceDoes],
  ])('gives what it finds for %s in pages', async (search, body) => {
    const first = await service.ask(`search/${search}`, { ...body, page: { limit: 1 } }).expect(200);
    expect(first.body).toEqual({
      page: { next_token: expect.stringMatching(/./), count: 1 },
      results: [expect.anything()],
    });
    const token = first.body.page.next_token as string;
    const second = await service.ask(`search/${search}`, { ...body, page: { token } }).expect(200);
    expect(second.body.page).toEqual({ next_token: expect.any(String), count: 1 });
    expect(second.body.results).not.toEqual(first.body.results);
  });

  it.each([
    ['subject', { ...whoReads, resource: record('nonexistent') }, [user('admin')]],
    ['subject', { ...whoReads, subject: { type: 'spaceship' } }, []],
    ['subject', { ...whoReads, resource: { type: 'spaceship', id: '1' } }, []],
    ['subject', { ...whoReads, action: action('fly') }, []],
    ['resource', { ...whatAliceReads, subject: user('nonexistent') }, []],
    ['resource', { ...whatAliceReads, subject: { type: 'spaceship', id: '1' } }, []],
    ['resource', { ...whatAliceReads, resource: { type: 'spaceship' } }, []],
    ['resource', { ...whatAliceReads, action: action('fly') }, []],
    ['action', { ...whatAliceDoes, subject: user('nonexistent') }, []],
    ['action', { ...whatAliceDoes, subject: { type: 'spaceship', id: '1' } }, []],
    ['action', { ...whatAliceDoes, resource: { type: 'spaceship', id: '1' } }, []],
  ])('finds nothing that is unknown, by %s: %j', async (search, body, results) => {
    // What was never registered can be asked about: rules that are placed everywhere hold.
    const more = search === 'subject' && results.length > 0 ? [user('alice'), user('bob')] : [];
    await expectFound(service, search, body, [...results, ...more]);
  });

  it.each([
    ['subject', { ...whoReads, action: undefined }],
    ['subject', { ...whoReads, subject: undefined }],
    ['subject', { ...whoReads, resource: undefined }],
    ['subject', { ...whoReads, resource: { type: 'record' } }],
    ['resource', { ...whatAliceReads, subject: undefined }],
    ['resource', { ...whatAliceReads, action: undefined }],
    ['resource', { ...whatAliceReads, resource: undefined }],
    ['resource', { ...whatAliceReads, subject: { type: 'user' } }],
    ['action', { ...whatAliceDoes, resource: undefined }],
    ['action', { ...whatAliceDoes, subject: undefined }],
    ['action', { ...whatAliceDoes, subject: { type: 'user' } }],
    ['action', { ...whatAliceDoes, resource: { type: 'record' } }],
  ])('refuses a request by %s that lacks a part: %j', async (search, body) => {
    await expectBadRequest(service, `search/${search}`, body);
  });
});

describe('Search, Properties', () => {
  it('finds the subjects who may write what is archived', () =>
    expectFound(
      service,
      'subject',
      { subject: { type: 'user' }, action: action('write'), resource: record('record-2', archived) },
      [user('admin'), user('bob')],
    ));

  it('finds the resources that an admin may write', () =>
    expectFound(
      service,
      'resource',
      { subject: user('bob', admin), action: action('write'), resource: { type: 'record' } },
      [record('record-2')],
    ));

  it('finds the actions that an admin may do on what is archived', () =>
    expectFound(service, 'action', { subject: user('bob', admin), resource: record('record-2', archived) }, [
      action('read'),
      action('write'),
    ]));
});
