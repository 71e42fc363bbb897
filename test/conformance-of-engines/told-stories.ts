import type { JsonObject, Mode, Reason, Supplied } from '../../src/core/model.js';
import type { WorldPolicy } from '../../src/testing/world-policy.js';
import type { Operation } from '../property/operation.js';
import { grant, ref } from '../property/hand-made-world.js';

/** `user:alice view document:1`, or `user:alice add document` for no object in particular; and what a decision says. */
export interface Told {
  readonly ask: string;
  readonly is: Reason;
  readonly fields?: { readonly only: readonly string[] | null; readonly except: readonly string[] };
  readonly mode?: Mode;
  readonly supplied?: Supplied;
  /** The attributes of what is yet to be made, below the object. */
  readonly proposed?: JsonObject;
}

/** `user:alice document:1` and the actions in their order; `user:alice view document` and the ids of the objects in theirs. */
export interface Chapter {
  readonly first?: readonly Operation[];
  readonly decisions?: readonly Told[];
  readonly actions?: Readonly<Record<string, readonly string[]>>;
  readonly objects?: Readonly<Record<string, readonly string[]>>;
  /** The rules that a subject holds everywhere: `document:view`, those that deny as `not document:view`. */
  readonly rules?: Readonly<Record<string, readonly string[]>>;
}

export interface ToldStory {
  readonly name: string;
  readonly seed: WorldPolicy;
  readonly chapters: readonly Chapter[];
}

const PAST = '2001-01-01T00:00:00Z';
const FUTURE = '2101-01-01T00:00:00Z';

const people = [
  { username: 'alice', attributes: { department: 'law' } },
  { username: 'bob' },
  { username: 'ines', active: false },
  { username: 'sam', superuser: true },
];

const library: ToldStory = {
  name: 'folders, and documents in them',
  seed: {
    types: [{ id: 'folder' }, { id: 'document', actions: ['view', 'change', 'publish'] }],
    users: people,
    groups: [
      { id: 'all', members: ['group:staff'] },
      { id: 'staff', members: ['user:alice', 'user:ines'] },
    ],
    objects: [
      { type: 'folder', id: 'a' },
      { type: 'folder', id: 'b', parent: 'folder:a' },
      { type: 'document', id: '1', parent: 'folder:b', attributes: { status: 'draft' } },
      { type: 'document', id: '2', parent: 'folder:b', attributes: { status: 'final' } },
      { type: 'document', id: '3' },
      { type: 'folder', id: 'c', creator: 'user:bob' },
    ],
    grants: [
      { subject: 'group:all', permission: 'document:view', object: 'folder:a' },
      { subject: 'user:alice', permission: 'document:publish', condition: { 'resource.status': 'final' } },
      { subject: 'group:anyone', permission: 'document:view', object: 'document:3' },
      { subject: 'group:authenticated', permission: 'document:change', object: 'document:3', fields: ['title'] },
      { subject: 'user:bob', permission: 'document:view', expiresAt: PAST },
      { subject: 'user:bob', permission: 'document:change', object: 'document:2', startsAt: PAST, expiresAt: FUTURE },
    ],
  },
  chapters: [
    {
      decisions: [
        { ask: 'user:alice view document:1', is: 'rule_allows' },
        { ask: 'user:alice publish document:1', is: 'no_rule_allows' },
        { ask: 'user:alice publish document:1', is: 'rule_allows', supplied: { resource: { status: 'final' } } },
        { ask: 'user:alice publish document:2', is: 'rule_allows' },
        { ask: 'user:alice publish document', is: 'no_rule_allows' },
        { ask: 'user:alice publish document:9', is: 'no_rule_allows' },
        { ask: 'user:alice view folder:b', is: 'no_rule_allows' },
        { ask: 'user:alice change document:3', is: 'rule_allows', fields: { only: ['title'], except: [] } },
        { ask: 'user:nobody view document:3', is: 'rule_allows' },
        { ask: 'user:nobody change document:3', is: 'no_rule_allows' },
        { ask: 'anonymous:anonymous view document:3', is: 'rule_allows' },
        { ask: 'user:ines view document:3', is: 'subject_inactive' },
        { ask: 'user:sam fly document:3', is: 'unknown_action' },
        { ask: 'user:sam view nothing:3', is: 'unknown_type' },
        { ask: 'user:sam publish document:3', is: 'superuser' },
        { ask: 'user:bob view document:1', is: 'no_rule_allows' },
        { ask: 'user:bob change document:2', is: 'rule_allows' },
        { ask: 'user:bob grant folder:c', is: 'rule_allows' },
        { ask: 'user:bob add folder:c', is: 'no_rule_allows' },
        { ask: 'group:all view document:2', is: 'rule_allows' },
        { ask: 'user:alice view document:1', is: 'no_rule_allows', mode: 'both' },
      ],
      actions: {
        'user:alice document:2': ['view', 'publish'],
        'user:sam folder:a': ['view', 'add', 'change', 'delete', 'grant'],
        'user:bob folder:c': ['view', 'change', 'delete', 'grant'],
        'user:bob nothing:c': [],
      },
      objects: {
        'user:alice view document': ['3', '1', '2'],
        'user:alice publish document': ['2'],
        'user:nobody view document': ['3'],
        'user:ines view document': [],
        'user:sam view type': ['user', 'group', 'role', 'type', 'assignment', 'audit', 'access', 'folder', 'document'],
        'user:sam view group': ['anyone', 'authenticated', 'all', 'staff'],
        'user:sam fly document': [],
        'user:sam view nothing': [],
      },
      rules: { 'user:alice': ['document:publish'], 'user:bob': [], 'user:ines': [], 'user:nobody': [] },
    },
    {
      first: [
        { do: 'move', object: ref('document:3'), parent: ref('folder:a') },
        { do: 'move', object: ref('folder:b'), parent: null },
      ],
      actions: { 'user:alice document:3': ['view', 'change'], 'user:alice document:1': [] },
      objects: { 'user:alice view document': ['3'], 'user:bob change document': ['3', '2'] },
    },
    {
      first: [
        { do: 'delete', object: ref('folder:b'), cascade: true },
        { do: 'delete', object: ref('group:staff'), cascade: false },
        {
          do: 'grant',
          grants: [
            grant('user:alice', 'document:view', null, { effect: 'deny', condition: { 'resource.sealed': true } }),
          ],
        },
      ],
      decisions: [
        { ask: 'user:alice view document:3', is: 'rule_denies' },
        { ask: 'user:alice view document:3', is: 'rule_allows', supplied: { resource: { sealed: false } } },
        { ask: 'user:bob change document:2', is: 'no_rule_allows' },
      ],
      actions: { 'user:alice document:3': ['change'], 'user:sam document:1': ['view', 'change', 'publish'] },
      objects: { 'user:sam view document': ['3'], 'user:alice view document': [] },
      rules: { 'user:alice': ['document:publish', 'not document:view'] },
    },
  ],
};

const tenants: ToldStory = {
  name: 'roles, everywhere and on a tenant, and the modes of types',
  seed: {
    types: [
      { id: 'tenant' },
      { id: 'report', mode: 'both' },
      { id: 'letter', mode: 'object' },
      { id: 'note', creatorActions: ['view'] },
    ],
    users: people,
    groups: [{ id: 'staff', members: ['user:bob'] }],
    roles: [
      { id: 'writer', rules: ['report:change', 'letter:change'], includes: ['reader'] },
      { id: 'reader', rules: ['report:view', 'letter:view', { permission: 'note:view', fields: ['title', 'body'] }] },
    ],
    objects: [
      { type: 'tenant', id: 'a' },
      { type: 'tenant', id: 'b' },
      { type: 'report', id: 'a1', parent: 'tenant:a' },
      { type: 'report', id: 'b1', parent: 'tenant:b' },
      { type: 'letter', id: 'a1', parent: 'tenant:a' },
      { type: 'note', id: 'a1', parent: 'tenant:a', attributes: { title: 'A' } },
    ],
    assignments: [
      { subject: 'user:alice', role: 'writer', object: 'tenant:a' },
      { subject: 'group:staff', role: 'reader' },
      { subject: 'user:bob', role: 'writer', object: 'tenant:b', expiresAt: PAST },
    ],
    grants: [
      { subject: 'role:reader', permission: 'report:view', object: 'report:b1' },
      {
        subject: 'role:reader',
        permission: 'note:add',
        object: 'tenant:a',
        condition: { 'resource.title': { $exists: true } },
      },
      { subject: 'user:alice', permission: 'report:view' },
      { subject: 'user:alice', permission: 'note:view', effect: 'deny', fields: ['body'] },
    ],
  },
  chapters: [
    {
      decisions: [
        { ask: 'user:alice view report:a1', is: 'rule_allows' },
        { ask: 'user:alice view report:b1', is: 'no_rule_allows' },
        { ask: 'user:alice change report:a1', is: 'no_rule_allows' },
        { ask: 'user:alice change report:a1', is: 'rule_allows', mode: 'object' },
        { ask: 'user:alice view letter:a1', is: 'rule_allows' },
        { ask: 'user:bob view letter:a1', is: 'no_rule_allows' },
        { ask: 'user:bob view letter:a1', is: 'rule_allows', mode: 'union' },
        { ask: 'user:bob view letter', is: 'rule_allows' },
        { ask: 'user:bob view report:b1', is: 'rule_allows' },
        { ask: 'user:bob change report:b1', is: 'no_rule_allows' },
        { ask: 'user:alice view note:a1', is: 'rule_allows', fields: { only: ['title', 'body'], except: ['body'] } },
        { ask: 'role:writer view note:a1', is: 'rule_allows', fields: { only: ['title', 'body'], except: [] } },
        { ask: 'user:bob add note', is: 'no_rule_allows', proposed: { title: 'B' } },
        { ask: 'user:bob add note@tenant:a', is: 'rule_allows', proposed: { title: 'B' } },
        { ask: 'user:bob add note@tenant:a', is: 'no_rule_allows', proposed: {} },
        { ask: 'user:bob add note@tenant:b', is: 'no_rule_allows', proposed: { title: 'B' } },
        { ask: 'user:alice add note@tenant:a', is: 'rule_allows', proposed: { title: 'B' } },
      ],
      actions: { 'user:alice letter:a1': ['view', 'change'], 'user:bob report:b1': ['view'] },
      objects: {
        'user:alice view report': ['a1'],
        'user:bob view report': ['b1'],
        'user:bob view note': ['a1'],
        'role:writer view report': ['b1'],
      },
      rules: {
        'user:alice': ['not note:view'],
        'user:bob': ['note:view'],
        'role:writer': ['note:view'],
        'group:anyone': [],
      },
    },
    {
      first: [
        { do: 'change type', id: 'report', mode: 'union' },
        { do: 'change type', id: 'letter', actions: ['delete', 'view', 'sign'] },
        { do: 'change role', id: 'writer', includes: [] },
        { do: 'change user', id: 'ines', active: true, superuser: true },
      ],
      decisions: [
        { ask: 'user:alice view letter:a1', is: 'no_rule_allows' },
        { ask: 'user:alice change letter:a1', is: 'unknown_action' },
        { ask: 'user:alice change report:a1', is: 'rule_allows' },
      ],
      actions: { 'user:ines letter:a1': ['view', 'delete', 'sign'], 'user:alice report:a1': ['view', 'change'] },
      objects: {
        'user:alice view report': ['a1', 'b1'],
        'user:alice view letter': [],
        'user:ines sign letter': ['a1'],
      },
      rules: { 'user:alice': ['not note:view', 'report:view'], 'user:bob': ['note:view', 'report:view'] },
    },
  ],
};

const machines: ToldStory = {
  name: 'services',
  seed: {
    types: [{ id: 'invoice', actions: ['view', 'change', 'grant'] }],
    users: [{ username: 'billing' }],
    services: [{ id: 'billing', attributes: { region: 'eu' } }, { id: 'mailer' }, { id: 'off', active: false }],
    groups: [{ id: 'machines', members: ['service:mailer', 'service:off'] }],
    roles: [{ id: 'clerk', rules: ['invoice:change'] }],
    assignments: [{ subject: 'group:machines', role: 'clerk' }],
    objects: [
      { type: 'invoice', id: '1', attributes: { region: 'eu' } },
      { type: 'invoice', id: '2', attributes: { region: 'us' }, creator: 'service:mailer' },
    ],
    grants: [
      {
        subject: 'service:billing',
        permission: 'invoice:view',
        condition: { 'resource.region': { $ref: 'subject.region' } },
      },
      { subject: 'group:authenticated', permission: 'invoice:grant', object: 'invoice:1' },
    ],
  },
  chapters: [
    {
      decisions: [
        { ask: 'service:billing view invoice:1', is: 'rule_allows' },
        { ask: 'service:billing view invoice:2', is: 'no_rule_allows' },
        { ask: 'service:billing grant invoice:1', is: 'rule_allows' },
        { ask: 'user:billing view invoice:1', is: 'no_rule_allows' },
        { ask: 'service:mailer change invoice:1', is: 'rule_allows' },
        { ask: 'service:off change invoice:1', is: 'subject_inactive' },
        { ask: 'service:none grant invoice:1', is: 'no_rule_allows' },
      ],
      actions: { 'service:mailer invoice:2': ['view', 'change', 'grant'], 'service:off invoice:1': [] },
      objects: {
        'service:billing view invoice': ['1'],
        'service:mailer change invoice': ['1', '2'],
        'service:off change invoice': [],
      },
      rules: {
        'service:billing': ['invoice:view'],
        'service:mailer': ['invoice:change'],
        'service:off': [],
      },
    },
  ],
};

export const STORIES: readonly ToldStory[] = [library, tenants, machines];
