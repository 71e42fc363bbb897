import type { Asked } from './oracle.js';
import {
  emptyWorld,
  type Assignment,
  type Grant,
  type JsonObject,
  type Mode,
  type Ref,
  type Rule,
  type World,
} from './world.js';

export const PAST = '2001-01-01T00:00:00Z';
export const FUTURE = '2101-01-01T00:00:00Z';

export const ref = (text: string): Ref => ({
  type: text.slice(0, text.indexOf(':')),
  id: text.slice(text.indexOf(':') + 1),
});

export function rule(permission: string, more: Partial<Rule> = {}): Rule {
  return { permission, effect: 'allow', condition: null, fields: null, ...more };
}

export function grant(
  subject: string,
  permission: string,
  place: string | null = null,
  more: Partial<Grant> = {},
): Grant {
  const object = place === null ? null : ref(place);
  return { subject: ref(subject), object, startsAt: null, expiresAt: null, ...rule(permission), ...more };
}

export function assignment(subject: string, role: string, place: string | null = null, more: Partial<Assignment> = {}) {
  return {
    subject: ref(subject),
    role,
    object: place === null ? null : ref(place),
    startsAt: null,
    expiresAt: null,
    ...more,
  };
}

/**
 * Alice and bob; group staff (alice) in group all-staff; folder:a > folder:b > post:1, and post:2 on its own; ines is inactive, and sam a superuser.
 */
export function world(more: Partial<World> = {}): World {
  const user = (id: string, traits: { active?: boolean; superuser?: boolean; attributes?: JsonObject } = {}) => ({
    id,
    active: true,
    superuser: false,
    attributes: {},
    ...traits,
  });
  const type = (id: string, mode: Mode = 'union') => ({
    id,
    actions: ['view', 'add', 'change'],
    mode,
    creatorActions: [],
  });
  const object = (name: string, parent: string | null, attributes: JsonObject = {}) => ({
    ...ref(name),
    parent: parent === null ? null : ref(parent),
    attributes,
  });
  return {
    ...emptyWorld(),
    users: [
      user('alice', { attributes: { department: 'law' } }),
      user('bob'),
      user('ines', { active: false, superuser: true }),
      user('sam', { superuser: true }),
    ],
    groups: [
      { id: 'staff', members: [ref('user:alice'), ref('user:ines')] },
      { id: 'all-staff', members: [ref('group:staff')] },
    ],
    roles: [
      { id: 'reader', rules: [rule('post:view')], includes: [] },
      { id: 'editor', rules: [rule('post:change')], includes: ['reader'] },
    ],
    types: [type('folder'), type('post'), type('report', 'both'), type('letter', 'object')],
    objects: [
      object('folder:a', null),
      object('folder:b', 'folder:a'),
      object('post:1', 'folder:b', { department: 'law', secret: 1 }),
      object('post:2', null, { status: '1' }),
      object('report:1', 'folder:b'),
      object('letter:1', 'folder:b'),
    ],
    ...more,
  };
}

export function question(text: string, more: Partial<Asked> = {}): Asked {
  const [subject = '', action = '', object = ''] = text.split(' ');
  const isThing = object.includes(':');
  return {
    subject: ref(subject),
    type: isThing ? ref(object).type : object,
    action,
    object: isThing ? ref(object) : undefined,
    ...more,
  };
}
