import { describe, expect, it } from 'vitest';
import { ACT_AS, actAs, actingHeaders, subjectActing } from './act-as.js';

describe('a request that acts as somebody', () => {
  it('is told by a header that names nobody', () => {
    const headers = actingHeaders('user:alice');
    expect(JSON.stringify(headers)).not.toMatch(/alice/);
    expect(subjectActing(headers)).toEqual({ type: 'user', id: 'alice' });
    expect(subjectActing(actingHeaders({ type: 'service', id: 'a:b' }))).toEqual({ type: 'service', id: 'a:b' });
  });

  it('takes the header as a plugin of supertest', () => {
    const set: Record<string, string> = {};
    actAs('user:alice')({ set: (name, value) => (set[name] = value) });
    expect(subjectActing(set)).toEqual({ type: 'user', id: 'alice' });
  });

  it('acts as nobody without the header', () => {
    expect([subjectActing({}), subjectActing(undefined)]).toEqual([undefined, undefined]);
  });

  it.each([['user:alice'], ['00000000-0000-4000-8000-000000000000'], [['a', 'b']], ['']])(
    'is refused with a header that was made elsewhere: %j',
    (value) => {
      actAs('user:alice');
      expect(() => subjectActing({ [ACT_AS]: value })).toThrow(/^not_authenticated/);
    },
  );

  it('is refused for whoever is of no form', () => {
    expect(() => actAs('alice')).toThrow(/^invalid_request/);
  });
});
