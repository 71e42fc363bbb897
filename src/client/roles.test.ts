import { describe, expect, it } from 'vitest';
import { fakeFetch, jsonAnswer, problemAnswer, type Outcome } from '../../test/support/fake-fetch.js';
import { CastellanClient, ConflictError, UnexpectedAnswerError, type Role } from './index.js';

const role = (...includes: string[]): Role => ({ id: 'r', description: null, rules: [], includes });

function tagged(body: Role, tag: string | null): Response {
  const answer = jsonAnswer(body);
  if (tag !== null) answer.headers.set('etag', tag);
  return answer;
}

const changed = (): Response => problemAnswer('changed_meanwhile', 412);
const includingB = ({ includes }: Role) => (includes.includes('b') ? null : { includes: [...includes, 'b'] });

function editing(...outcomes: (Outcome | (() => Outcome))[]) {
  const { fetch, attempts } = fakeFetch(...outcomes);
  const { roles } = new CastellanClient({ url: 'http://service.test', fetch, token: 'abc' });
  return { edit: roles.edit('r', includingB), attempts };
}

describe('editing a role', () => {
  it('writes what is made of the role only while that is what it was', async () => {
    const { edit, attempts } = editing(tagged(role('a'), '"1"'), tagged(role('a', 'b'), '"2"'));
    expect(await edit).toEqual(role('a', 'b'));
    const sent = attempts.map(({ init, headers, url }) => [init.method, url, headers.get('if-match'), init.body]);
    expect(sent).toEqual([
      ['GET', 'http://service.test/api/v1/roles/r', null, undefined],
      ['PATCH', 'http://service.test/api/v1/roles/r', '"1"', '{"includes":["a","b"]}'],
    ]);
  });

  it('begins anew with what another has made of it, and leaves it where that will do', async () => {
    const { edit, attempts } = editing(
      tagged(role('a'), '"1"'),
      changed(),
      tagged(role('c'), '"2"'),
      changed(),
      tagged(role('c', 'b'), '"3"'),
    );
    expect(await edit).toEqual(role('c', 'b'));
    expect(attempts.map(({ init }) => init.body)).toEqual([
      undefined,
      '{"includes":["a","b"]}',
      undefined,
      '{"includes":["c","b"]}',
      undefined,
    ]);
  });

  it('gives up where others are always faster', async () => {
    const endless = Array.from({ length: 40 }, (_, n) => () => (n % 2 === 0 ? tagged(role(), `"${n}"`) : changed()));
    const { edit, attempts } = editing(...endless);
    await expect(edit).rejects.toBeInstanceOf(ConflictError);
    expect(attempts.length).toBeLessThan(40);
  });

  it('gives up at once where it is the tag that changes on its way, not the role', async () => {
    const endless = Array.from({ length: 40 }, (_, n) => () => (n % 2 === 0 ? tagged(role(), '"1-gzip"') : changed()));
    const { edit, attempts } = editing(...endless);
    await expect(edit).rejects.toBeInstanceOf(ConflictError);
    expect(attempts).toHaveLength(4);
  });

  it('takes a tag that something in between has made a weak one', async () => {
    const { edit, attempts } = editing(tagged(role(), 'W/"1"'), tagged(role('b'), 'W/"2"'));
    await edit;
    expect(attempts[1]?.headers.get('if-match')).toBe('"1"');
  });

  it('writes nothing over a role of which nobody knows whether it is still the same', async () => {
    const { edit, attempts } = editing(tagged(role(), null));
    await expect(edit).rejects.toBeInstanceOf(UnexpectedAnswerError);
    expect(attempts).toHaveLength(1);
  });
});
