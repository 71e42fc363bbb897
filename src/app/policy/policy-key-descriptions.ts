/** What each key of a policy file says, by where it stands: what an editor shows of it. */
export const KEY_DESCRIPTIONS: Readonly<Record<string, string>> = {
  $schema: 'The schema of this file, by which an editor completes and checks it.',
  types: 'The kinds of things that are protected.',
  'types.id': 'The name of the type, as in `post:view`; without a colon.',
  'types.actions':
    'What can be done with an object of the type: view, add, change, delete and grant unless told. Has to include view.',
  'types.mode':
    'Which allowing rules it takes: `union` (unless told) any one, `both` one everywhere and one on the object or above it, `object` one on the object or above it.',
  'types.creatorActions': 'What the creator of an object gets on it: view, change, delete and grant unless told.',
  users: 'People who sign in.',
  'users.username': 'What the user signs in by; without a colon.',
  'users.id': 'What the user is referred to by, as in `user:alice`; the username unless told. It never changes.',
  'users.email': 'An email address, or null for none.',
  'users.password': 'Given to a user who has none yet. Keep a file that has one to yourself.',
  'users.active': 'An inactive user may do nothing; true unless told.',
  'users.superuser': 'A superuser may do everything; false unless told.',
  'users.attributes': 'What conditions ask for as `subject.…`: replaces what there was, as a whole.',
  services: 'Subjects that are no people: programs that act by themselves.',
  'services.id': 'What the service is referred to by, as in `service:billing`. It never changes.',
  'services.active': 'An inactive service may do nothing; true unless told.',
  'services.attributes': 'What conditions ask for as `subject.…`: replaces what there was, as a whole.',
  groups: 'Subjects that are given roles and grants together.',
  'groups.id': 'What the group is referred to by, as in `group:staff`.',
  'groups.description': 'What it is for, or null for nothing.',
  'groups.members': 'Users, services and other groups. Members that are not listed stay.',
  roles: 'Named sets of rules.',
  'roles.id': 'What assignments and other roles name it by.',
  'roles.description': 'What it is for, or null for nothing.',
  'roles.rules': 'What whoever holds the role may do, or may not: the whole list.',
  'roles.includes': 'Ids of roles whose rules it has as well: the whole list.',
  'rule.permission': 'An action on a type, as `post:view`.',
  'rule.effect': '`allow` unless told; `deny` outdoes whatever allows.',
  'rule.condition': 'When it counts: null or nothing for always.',
  'rule.fields': 'Names of attributes that it is about; null or nothing for all of them.',
  assignments: 'Which subject holds which role.',
  'assignments.subject': 'A user, group or service.',
  'assignments.role': 'The id of the role.',
  'assignments.object': 'The object on which, and below which, it counts; everywhere without it.',
  'window.startsAt': 'From when on it counts: ISO 8601 with a zone.',
  'window.expiresAt': 'Until when it counts: ISO 8601 with a zone.',
  objects: 'What is protected.',
  'objects.type': 'One of the types.',
  'objects.id': 'What it is referred to by, together with its type; text, so one that looks like a number is quoted.',
  'objects.parent': 'The object that it is below; null for none.',
  'objects.attributes': 'What conditions ask for as `resource.…`: replaces what there was, as a whole.',
  'objects.creator': 'The subject that gets what the type says a creator gets, when the object is made.',
  grants: 'Rules given straight to a subject.',
  'grants.subject': 'A user, group, service or role.',
  'grants.object': 'The object on which, and below which, it counts; everywhere without it.',
  tests: 'What has to be true of this policy: `castellan test` asks, and nothing else heeds it.',
  'tests.name': 'What the test says, as a sentence.',
  'tests.check': 'What subjects may do on objects, and may not.',
  'tests.list': 'Which objects a subject may do something on: exactly these.',
  'tests.who-can': 'Which subjects may do something on an object: exactly these.',
  'asked.at':
    'When it is asked, ISO 8601 with a zone; now unless told. One at the test holds for all that say no other.',
  'asked.supplied': 'What the question brings along. One at the test holds for all that say no other.',
  'supplied.subject': 'Attributes that go over the stored ones of the subject.',
  'supplied.resource': 'Attributes that go over the stored ones of the object; of what is yet to be made, all it has.',
  'supplied.action': 'What conditions ask for as `action.…`.',
  'supplied.context': 'What conditions ask for as `context.…`.',
  'tests.check.subject': 'Who asks.',
  'tests.check.object': 'The object; or a type alone, for no object in particular.',
  'tests.check.parent': 'Where an object of the type is to be made: for `allow: add`.',
  'tests.check.allow': 'An action that has to be allowed, or several.',
  'tests.check.deny': 'An action that has to be denied, or several.',
  'tests.list.subject': 'Who asks.',
  'tests.list.action': 'What is to be done.',
  'tests.list.type': 'The type of the objects.',
  'tests.list.expect': 'The ids of all of them, in any order.',
  'tests.who-can.action': 'What is to be done.',
  'tests.who-can.object': 'On what.',
  'tests.who-can.type': 'Subjects of this type only; users, services and groups unless told.',
  'tests.who-can.expect': 'All of them, in any order. Groups that may are among them.',
};

const SHARED: readonly (readonly [RegExp, string])[] = [
  [/^(roles\.rules|grants)\.(permission|effect|condition|fields)$/, 'rule'],
  [/^(assignments|grants)\.(startsAt|expiresAt)$/, 'window'],
  [/^tests(\.(check|list|who-can))?\.(at|supplied)$/, 'asked'],
  [/\.supplied\.(subject|resource|action|context)$/, 'supplied'],
  [/\.(type|id)$/, 'reference'],
];
const REFERENCE: Readonly<Record<string, string>> = { type: 'Its type.', id: 'Its id.' };

/** What a key says, by its path without indices: `roles.rules.effect`; undefined where nobody has written it. */
export function describedKey(path: readonly string[]): string | undefined {
  const name = path.join('.');
  const own = KEY_DESCRIPTIONS[name];
  if (own !== undefined) return own;
  const last = path.at(-1) ?? '';
  const group = SHARED.find(([pattern]) => pattern.test(name))?.[1];
  return group === 'reference' ? REFERENCE[last] : KEY_DESCRIPTIONS[`${group}.${last}`];
}
