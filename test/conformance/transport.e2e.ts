import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectProblem } from '../support/problem.js';
import { rawRequest } from '../support/raw-request.js';
import { startTestService } from '../support/service.js';
import { action, record, startCertifiedService, user, type CertifiedService } from './certified-service.js';

const METADATA = '/.well-known/authzen-configuration';
const whole = { subject: user('alice'), action: action('read'), resource: record('record-1') };
const ROUTES = ['evaluation', 'evaluations', 'search/subject', 'search/resource', 'search/action'].map(
  (route) => `/access/v1/${route}`,
);

const members = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`m${n}`, n]));

let service: CertifiedService;

beforeAll(async () => {
  service = await startCertifiedService();
});
afterAll(() => service.stop());

describe.each(ROUTES)('%s', (path) => {
  const send = (headers: Record<string, string>, body = JSON.stringify(whole)) =>
    rawRequest(service.app, { method: 'POST', path, as: 'harness', headers, body });
  const json = { 'content-type': 'application/json' };

  it.each([
    'application/json',
    'application/json; charset=utf-8',
    'APPLICATION/JSON;charset=UTF-8',
    'application/json ;x=y',
  ])('takes a body that is sent as %s, and answers JSON', async (type) => {
    const answer = await send({ 'content-type': type });
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
  });

  it.each([
    'text/plain',
    'text/json',
    'application/jsonp',
    'application/json-patch+json',
    'application/merge-patch+json',
    'application/x-www-form-urlencoded',
    'text/plain, application/json',
    'application/json, text/plain',
    'json',
  ])('answers 400 to a body that is sent as %s', async (type) => {
    expectProblem(await send({ 'content-type': type }), { code: 'malformed_request' });
  });

  it('answers 400 to a body without a type, and to no body at all', async () => {
    expectProblem(await send({}), { code: 'malformed_request' });
    const none = { method: 'POST', path, as: 'harness' };
    expectProblem(await rawRequest(service.app, none), { code: 'malformed_request' });
    expectProblem(await rawRequest(service.app, { ...none, headers: json }), { code: 'malformed_request' });
    expectProblem(await send(json, ''), { code: 'malformed_request' });
  });

  it.each(['gzip', 'identity, gzip', 'br'])('answers 400 to a body that is encoded as %s', async (encoding) => {
    expectProblem(await send({ ...json, 'content-encoding': encoding }), { code: 'malformed_request' });
    expect((await send({ ...json, 'content-encoding': 'identity' })).status).toBe(200);
  });

  it.each([
    ['no JSON', '{"subject":'],
    ['a text', '"text"'],
    ['null', 'null'],
    ['a list', '[]'],
    ['a member twice', '{"subject":{"type":"user","id":"alice"},"subject":{"type":"user","id":"bob"}}'],
    ['a number that is none', JSON.stringify({ ...whole, context: { n: 1 } }).replace('"n":1', '"n":1e999')],
    ['more members of a context than fit', JSON.stringify({ ...whole, context: members(257) })],
    ['half a surrogate pair', JSON.stringify(whole).replace('alice', '\\ud800')],
    ['too deep a nesting', `{"context":${'{"a":'.repeat(20)}1${'}'.repeat(20)}}`],
  ])('answers 400 to %s', async (_, body) => {
    expectProblem(await send(json, body), { code: 'malformed_request' });
  });

  it('takes as many members of a context as fit, and numbers as large', async () => {
    const answer = await send(json, JSON.stringify({ ...whole, context: { ...members(255), large: [1e308] } }));
    expect(answer.status).toBe(200);
  });

  it('is a POST, and nothing else', async () => {
    for (const method of ['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
      const answer = await rawRequest(service.app, { method, path, as: 'harness' });
      expect([method, answer.status]).toEqual([method, 404]);
    }
  });

  it.each(['bfe9eb29-ab87-4ca3-be83-a1d5d8305716', 'a b', 'é, €, 字', '<script>', "a'; --", 'a, b', 'x'.repeat(1000)])(
    'gives back the id of a request, whatever it is: %s',
    async (id) => {
      // As bytes: of a text, Node would write the headers in another encoding.
      const body = Buffer.from(JSON.stringify(whole));
      const given = { ...json, 'x-request-id': Buffer.from(id).toString('latin1') };
      const request = { method: 'POST', path, as: 'harness', headers: given, body };
      const answers = [
        [200, request],
        [400, { ...request, body: Buffer.from('{}') }],
        [400, { ...request, headers: { ...given, 'content-type': 'text/plain' } }],
        [401, { ...request, as: undefined }],
      ] as const;
      for (const [status, one] of answers) {
        const answer = await rawRequest(service.app, one);
        expect([answer.status, answer.headers['x-request-id']]).toEqual([status, given['x-request-id']]);
      }
    },
  );

  it('makes an id for a request that has none', async () => {
    const ids = [await send(json), await send(json)].map(({ headers }) => headers['x-request-id']);
    for (const id of ids) expect(id).toMatch(/^[\da-f-]{36}$/);
    expect(ids[0]).not.toBe(ids[1]);
  });

  it('takes no more than 16 KiB of properties', async () => {
    const context = (bytes: number) => JSON.stringify({ ...whole, context: { note: 'x'.repeat(bytes) } });
    expect((await send(json, context(16 * 1024))).status).toBe(400);
    expect((await send(json, context(15 * 1024))).status).toBe(200);
  });

  it('takes no more than 64 KiB, but for many evaluations', async () => {
    const body = JSON.stringify({ ...whole, padding: 'x'.repeat(64 * 1024) });
    const answer = await send(json, body);
    expect(answer.status).toBe(path.endsWith('/evaluations') ? 200 : 413);
  });
});

describe('the metadata', () => {
  const metadataOf = async (headers: Record<string, string> = {}) =>
    (await rawRequest(service.app, { path: METADATA, headers })).json as Record<string, string>;

  it('names the address that the service listens at where no other is set, whatever the request says of itself', async () => {
    const { port } = service.app.getHttpServer().address() as AddressInfo;
    const metadata = await metadataOf();
    expect(metadata['policy_decision_point']).toBe(`http://127.0.0.1:${port}`);
    for (const [name, url] of Object.entries(metadata)) {
      expect([name, url.startsWith(`http://127.0.0.1:${port}`)]).toEqual([name, true]);
    }
    const forged = {
      host: 'evil.example',
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'https',
      forwarded: 'host=evil.example',
    };
    expect(await metadataOf(forged)).toEqual(metadata);
  });

  it.each([
    ['https://pdp.example.com', 'https://pdp.example.com'],
    ['https://pdp.example.com:8443/', 'https://pdp.example.com:8443'],
    ['https://example.com/castellan/', 'https://example.com/castellan'],
    ['https://user:secret@example.com/a?b=c#d', 'https://example.com/a'],
  ])('names the public address %s', async (publicUrl, base) => {
    const other = await startTestService({ publicUrl: new URL(publicUrl) });
    try {
      const { json } = await rawRequest(other.app, { path: METADATA, headers: { host: 'evil.example' } });
      expect(json).toMatchObject({
        policy_decision_point: base,
        access_evaluation_endpoint: `${base}/access/v1/evaluation`,
        search_action_endpoint: `${base}/access/v1/search/action`,
      });
      expect(JSON.stringify(json)).not.toMatch(/secret|evil/);
    } finally {
      await other.stop();
    }
  });

  it('is for everybody, to be kept for a while, and gives the id of a request back', async () => {
    const answer = await rawRequest(service.app, { path: METADATA, headers: { 'x-request-id': 'a b' } });
    expect(answer.status).toBe(200);
    expect(answer.headers).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'public, max-age=3600',
      'x-request-id': 'a b',
    });
    const wrong = { authorization: `Basic ${btoa('admin:wrong')}` };
    expect((await rawRequest(service.app, { path: METADATA, headers: wrong })).status).toBe(200);
  });

  it('is there for GET and HEAD alone', async () => {
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
      expect([method, (await rawRequest(service.app, { method, path: METADATA })).status]).toEqual([method, 404]);
    }
  });
});
