import { describe, expect, it } from 'vitest';
import { actions, decide, list, subjects, viewableAttributes, type Asked } from './oracle.js';
import { assignment, FUTURE, grant, PAST, question, ref, world } from './hand-made-world.js';
import type { Grant, JsonObject, World } from './world.js';

const may = (given: World, text: string, more: Partial<Asked> = {}): boolean =>
  decide(given, question(text, more)).allowed;

/** Questions that are answered with yes, and such as are not (those with a `!`). */
function expectAnswers(given: World, questions: readonly string[]): void {
  expect(questions.map((text) => (may(given, text.replace('!', '')) ? '' : '!') + text.replace('!', ''))).toEqual(
    questions,
  );
}

describe('the plain reading of a decision', () => {
  it('denies by default', () => {
    expect(decide(world(), question('user:alice view post:1'))).toMatchObject({
      allowed: false,
      reason: 'no_rule_allows',
    });
  });

  it('denies the inactive whatever they hold, and allows superusers all that is known', () => {
    const given = world({ grants: [grant('user:ines', 'post:view'), grant('group:anyone', 'post:view')] });
    expectAnswers(given, [
      '!user:ines view post:1',
      'user:sam change post:1',
      'user:sam change post:9',
      '!user:sam fly post:1',
      '!user:sam view nothing',
    ]);
    expect(decide(given, question('user:ines view nothing')).reason).toBe('subject_inactive');
    expect(decide(given, question('user:sam view nothing')).reason).toBe('unknown_type');
    expect(decide(given, question('user:sam fly post')).reason).toBe('unknown_action');
  });

  it('gives the unknown what anyone holds, and the known what the authenticated hold', () => {
    const given = world({
      grants: [grant('group:anyone', 'post:view'), grant('group:authenticated', 'post:change')],
      assignments: [assignment('group:anyone', 'editor', 'post:2')],
    });
    expectAnswers(given, [
      'service:x view post:1',
      '!service:x change post:1',
      'service:x change post:2',
      'user:bob change post:1',
      'group:staff change post:1',
      '!group:anyone change post:1',
      'group:authenticated change post:1',
      'role:reader change post:1',
    ]);
  });

  it('follows groups into groups and roles into roles', () => {
    const given = world({ assignments: [assignment('group:all-staff', 'editor')] });
    expectAnswers(given, [
      'user:alice view post:1',
      'user:alice change post:2',
      'group:staff view post',
      '!user:bob view post:1',
      'role:editor view post:1',
      '!role:reader change post:1',
    ]);
  });

  it('covers what is below an object and not what is above or beside it', () => {
    const given = world({
      grants: [grant('user:alice', 'post:view', 'folder:a'), grant('user:bob', 'folder:view', 'folder:b')],
    });
    expectAnswers(given, [
      'user:alice view post:1',
      '!user:alice view post:2',
      '!user:alice view folder:a',
      '!user:alice view post',
      '!user:alice view post:9',
      '!user:bob view folder:a',
      'user:bob view folder:b',
    ]);
  });

  it('places all that a role holds where it is assigned', () => {
    const given = world({
      assignments: [assignment('user:alice', 'editor', 'folder:b'), assignment('user:bob', 'reader')],
      grants: [grant('role:reader', 'folder:view', 'folder:a'), grant('role:reader', 'post:add')],
    });
    expectAnswers(given, [
      'user:alice view post:1',
      'user:alice change post:1',
      '!user:alice view post:2',
      '!user:alice view post',
      '!user:alice view folder:a',
      'user:alice view folder:b',
      '!user:alice add post',
      'user:alice add post:1',
      'user:bob view folder:a',
      'user:bob add post',
      'role:reader view folder:b',
    ]);
  });

  it('counts a rule from the instant it starts until the one at which it ends, by the rule and by the assignment', () => {
    const later = { startsAt: FUTURE };
    const over = { startsAt: PAST, expiresAt: PAST };
    const now = { startsAt: PAST, expiresAt: FUTURE };
    const given = world({
      grants: [
        grant('user:alice', 'post:view', 'post:1', later),
        grant('user:alice', 'post:view', 'post:2', over),
        grant('user:alice', 'post:add', null, now),
        grant('role:reader', 'folder:view', null, over),
        grant('role:reader', 'folder:add', null, now),
      ],
      assignments: [assignment('user:bob', 'reader', null, now), assignment('group:staff', 'reader', null, later)],
    });
    expectAnswers(given, [
      '!user:alice view post:1',
      '!user:alice view post:2',
      'user:alice add post',
      'user:bob view post:1',
      '!user:bob view folder:a',
      'user:bob add folder',
      '!user:alice add folder',
    ]);
  });

  it('lets a deny that is not false win over every allow', () => {
    const deny = (condition: JsonObject | null): Partial<Grant> => ({ effect: 'deny', condition });
    const given = world({
      grants: [
        grant('user:alice', 'post:view'),
        grant('group:all-staff', 'post:view', 'folder:a', deny({ 'resource.department': 'tax' })),
        grant('user:alice', 'post:view', 'post:2', deny({ 'resource.department': 'tax' })),
        grant('user:bob', 'post:change'),
        grant('group:anyone', 'post:change', 'folder:a', deny(null)),
      ],
    });
    expectAnswers(given, [
      'user:alice view post:1',
      '!user:alice view post:2',
      '!user:bob change post:1',
      'user:bob change post:2',
    ]);
    expect(decide(given, question('user:sam change post:1')).reason).toBe('superuser');
    expect(decide(given, question('user:alice change post:1')).reason).toBe('rule_denies');
  });

  it('counts an allow where its condition is true, by what is stored and what is supplied', () => {
    const given = world({
      grants: [
        grant('group:anyone', 'post:view', null, {
          condition: { 'resource.department': { $ref: 'subject.department' } },
        }),
      ],
    });
    expectAnswers(given, [
      'user:alice view post:1',
      '!user:bob view post:1',
      '!user:alice view post:2',
      '!user:alice view post',
      '!user:alice view post:9',
    ]);
    expect(may(given, 'user:bob view post:1', { supplied: { subject: { department: 'law' } } })).toBe(true);
    expect(
      may(given, 'user:bob view post:9', { supplied: { subject: { department: 1 }, resource: { department: 1 } } }),
    ).toBe(true);
    expect(may(given, 'user:alice view post:1', { supplied: { resource: { department: 'tax' } } })).toBe(false);
  });

  it('asks the mode of the type which allows it takes', () => {
    const permissions = ['report:view', 'letter:view'];
    const given = world({
      grants: [
        ...permissions.map((permission) => grant('user:alice', permission)),
        ...permissions.map((permission) => grant('user:bob', permission, 'folder:a')),
        ...permissions.map((permission) => grant('group:staff', permission, 'report:1')),
      ],
      assignments: [],
    });
    expectAnswers(given, [
      'user:alice view report:1',
      '!user:alice view report:9',
      'user:alice view report',
      '!user:bob view report:1',
      '!user:bob view report',
    ]);
    expectAnswers(given, [
      '!user:alice view letter:1',
      'user:alice view letter',
      'user:bob view letter:1',
      '!user:bob view letter',
    ]);
  });

  it('decides what is proposed by the parent that is named, with the proposed attributes', () => {
    const condition = { 'resource.status': 'draft', 'resource.type': 'post' };
    const given = world({
      grants: [
        grant('user:alice', 'post:add', 'folder:a', { condition }),
        grant('user:bob', 'letter:add'),
        grant('user:bob', 'report:add'),
      ],
    });
    const proposed = { attributes: { status: 'draft' } };
    const parent = ref('folder:b');
    expect(may(given, 'user:alice add post', { proposed, object: parent })).toBe(true);
    expect(may(given, 'user:alice add post', { proposed: { attributes: {} }, object: parent })).toBe(false);
    expect(may(given, 'user:alice add post', { proposed })).toBe(false);
    expect(may(given, 'user:bob add letter', { proposed })).toBe(true);
    expect(may(given, 'user:bob add letter', { proposed, object: parent })).toBe(false);
    expect(may(given, 'user:bob add report', { proposed, object: parent })).toBe(false);
  });

  it('takes away only the fields that a deny names, and counts an allow of some field', () => {
    const given = world({
      grants: [
        grant('user:alice', 'post:view', null, { fields: ['department', 'secret'] }),
        grant('user:alice', 'post:view', 'folder:a', { effect: 'deny', fields: ['secret'] }),
        grant('user:bob', 'post:view'),
        grant('user:bob', 'post:view', 'post:1', { effect: 'deny', fields: ['secret'] }),
      ],
    });
    const fields = (text: string): string[] =>
      ['department', 'secret', 'other'].filter((field) => decide(given, question(text), field).allowed);
    expectAnswers(given, ['user:alice view post:1', 'user:bob view post:1']);
    expect(fields('user:alice view post:1')).toEqual(['department']);
    expect(fields('user:alice view post:2')).toEqual(['department', 'secret']);
    expect(fields('user:bob view post:1')).toEqual(['department', 'other']);
    expect(fields('user:sam view post:1')).toEqual(['department', 'secret', 'other']);
    expect(viewableAttributes(given, ref('user:bob'), ref('post:1'))).toEqual({ department: 'law' });
    expect(viewableAttributes(given, ref('user:bob'), ref('post:9'))).toEqual({});
  });

  it('lists exactly what is allowed, and narrows it by what may be viewed', () => {
    const given = world({
      grants: [
        grant('user:alice', 'post:change'),
        grant('user:alice', 'post:view', 'post:2'),
        grant('user:bob', 'post:view', null, { fields: ['department'] }),
      ],
      assignments: [assignment('group:staff', 'reader', 'post:2')],
    });
    const listed = (subject: string, action: string, more = {}): string[] =>
      list(given, { subject: ref(subject), type: 'post', action, ...more }).map(({ id }) => id);
    const status = [{ path: ['status'], value: '1' }];
    expect(listed('user:alice', 'change')).toEqual(['1', '2']);
    expect(listed('user:alice', 'change', { viewable: true })).toEqual(['2']);
    expect(listed('user:alice', 'change', { attributes: status })).toEqual(['2']);
    expect(listed('user:sam', 'view', { attributes: [{ path: ['secret'], value: '1' }] })).toEqual(['1']);
    expect(listed('user:bob', 'view', { attributes: status })).toEqual(['2']);
    expect(listed('user:bob', 'view', { attributes: status, viewable: true })).toEqual([]);
    expect(listed('user:ines', 'view')).toEqual([]);
    expect(subjects(given, 'user', question('user:x view post:2')).map(({ id }) => id)).toEqual([
      'alice',
      'bob',
      'sam',
    ]);
    expect(subjects(given, 'group', question('user:x view post:2')).map(({ id }) => id)).toEqual(['staff']);
    expect(actions(given, ref('user:alice'), ref('post:2'))).toEqual(['view', 'change']);
    expect(actions(given, ref('user:alice'), ref('nothing:2'))).toEqual([]);
  });
});
