import type { BulkKind } from './bulk-rows.js';

/** A member of a row: its name, and the SQL expression of its JSON text; NULL where it is left out. */
type Member = readonly [name: string, json: string];

interface Dumped {
  readonly members: readonly Member[];
  /** What follows SELECT …, with an order that never changes while nothing else does. */
  readonly from: string;
}

const text = (expression: string): string => `to_json(${expression})::text`;
const ref = (alias: string, type: string): string => text(`${type} || ':' || ${alias}.external_id`);
const whereNot = (plain: string, json: string): string => `CASE WHEN ${plain} THEN NULL ELSE ${json} END`;
const time = (column: string): string => text(`to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`);
const window = (alias: string): Member[] => [
  ['startsAt', time(`${alias}.starts_at`)],
  ['expiresAt', time(`${alias}.expires_at`)],
];
const attributes = (alias: string): Member => [
  'attributes',
  whereNot(`${alias}.attributes = '{}'`, `${alias}.attributes::text`),
];
const activity: Member = ['active', whereNot('s.active', `'false'`)];

// A role comes after those that it includes.
const ROLE_HEIGHTS = `(WITH RECURSIVE walk(id, height) AS (
    SELECT id, 0 FROM castellan.roles
    UNION SELECT ri.role_id, walk.height + 1 FROM walk JOIN castellan.role_inclusions ri ON ri.included_id = walk.id WHERE walk.height < 64
  ) SELECT id, max(height) AS height FROM walk GROUP BY 1)`;

const RULES = `(SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object('permission', t.name || ':' || p.action,
    'effect', nullif(ru.effect, 'allow'), 'fields', nullif(to_jsonb(ru.fields), '[]')))
    || CASE WHEN ru.condition IS NULL THEN '{}' ELSE jsonb_build_object('condition', ru.condition) END ORDER BY ru.id)
  FROM castellan.rules ru JOIN castellan.permissions p ON p.id = ru.permission_id JOIN castellan.types t ON t.id = p.type_id
  WHERE ru.role_id = s.id)::text`;

const INCLUDES = `(SELECT jsonb_agg(i.external_id ORDER BY i.id) FROM castellan.role_inclusions ri
  JOIN castellan.subjects i ON i.id = ri.included_id WHERE ri.role_id = s.id)::text`;

// What users, groups, roles and types are as objects comes and goes with them.
const OWN_OBJECTS = `NOT t.built_in`;

const MEMBER_ORDER = `CASE m.type WHEN 'user' THEN 1 WHEN 'service' THEN 2 ELSE 3 END`;

const subjects = (type: string): string => `castellan.subjects s WHERE s.type = '${type}'`;

/** What each kind of rows is read by. No password, token or session is among it. */
const DUMPED: Readonly<Record<BulkKind, Dumped>> = {
  type: {
    members: [
      ['id', text('t.name')],
      [
        'actions',
        `(SELECT jsonb_agg(p.action ORDER BY p.id) FROM castellan.permissions p WHERE p.type_id = t.id)::text`,
      ],
      ['creatorActions', `to_jsonb(t.creator_actions)::text`],
      ['mode', whereNot(`t.mode = 'union'`, text('t.mode'))],
    ],
    from: 'castellan.types t WHERE NOT t.built_in ORDER BY t.id',
  },
  user: {
    members: [
      ['id', whereNot('s.external_id = s.username', text('s.external_id'))],
      ['username', text('s.username')],
      ['email', text('s.email')],
      activity,
      ['superuser', whereNot('NOT s.superuser', `'true'`)],
      attributes('s'),
    ],
    from: `${subjects('user')} ORDER BY s.id`,
  },
  service: {
    members: [['id', text('s.external_id')], activity, attributes('s')],
    from: `${subjects('service')} ORDER BY s.id`,
  },
  group: {
    members: [
      ['id', text('s.external_id')],
      ['description', text('s.description')],
    ],
    from: `${subjects('group')} AND s.external_id NOT IN ('anyone', 'authenticated') ORDER BY s.id`,
  },
  role: {
    members: [
      ['id', text('s.external_id')],
      ['description', text('s.description')],
      ['rules', RULES],
      ['includes', INCLUDES],
    ],
    from: `castellan.subjects s JOIN ${ROLE_HEIGHTS} h ON h.id = s.id WHERE s.type = 'role' ORDER BY h.height, s.id`,
  },
  object: {
    members: [
      ['type', text('t.name')],
      ['id', text('o.external_id')],
      ['parent', ref('up', 'ut.name')],
      attributes('o'),
    ],
    from: `castellan.objects o JOIN castellan.types t ON t.id = o.type_id AND ${OWN_OBJECTS}
      LEFT JOIN castellan.objects up ON up.id = o.parent_id LEFT JOIN castellan.types ut ON ut.id = up.type_id
      LEFT JOIN (SELECT descendant_id, max(depth) AS depth FROM castellan.ancestry GROUP BY 1) below ON below.descendant_id = o.id
      ORDER BY coalesce(below.depth, 0), o.id`,
  },
  membership: {
    members: [
      ['group', text('g.external_id')],
      ['member', ref('m', 'm.type')],
      ['fromProvider', whereNot('NOT c.from_provider', `'true'`)],
    ],
    from: `castellan.memberships c JOIN castellan.subjects g ON g.id = c.group_id JOIN castellan.subjects m ON m.id = c.member_id
      ORDER BY g.id, ${MEMBER_ORDER}, m.id`,
  },
  assignment: {
    members: [
      ['subject', ref('s', 's.type')],
      ['role', text('r.external_id')],
      ['object', ref('o', 'ot.name')],
      ...window('a'),
    ],
    from: `castellan.assignments a JOIN castellan.subjects s ON s.id = a.subject_id JOIN castellan.subjects r ON r.id = a.role_id
      LEFT JOIN castellan.objects o ON o.id = a.object_id LEFT JOIN castellan.types ot ON ot.id = o.type_id ORDER BY a.id`,
  },
  grant: {
    members: [
      ['subject', ref('s', 's.type')],
      ['permission', text(`pt.name || ':' || p.action`)],
      ['object', ref('o', 'ot.name')],
      ['effect', whereNot(`g.effect = 'allow'`, text('g.effect'))],
      ['condition', 'g.condition::text'],
      ['fields', whereNot(`g.fields = '{}'`, 'to_json(g.fields)::text')],
      ...window('g'),
    ],
    from: `castellan.grants g JOIN castellan.subjects s ON s.id = g.subject_id
      JOIN castellan.permissions p ON p.id = g.permission_id JOIN castellan.types pt ON pt.id = p.type_id
      LEFT JOIN castellan.objects o ON o.id = g.object_id LEFT JOIN castellan.types ot ON ot.id = o.type_id ORDER BY g.id`,
  },
};

// Neither occurs in JSON, where control characters are escaped: so a line leaves as it is, with nothing quoted or doubled.
const AS_IT_IS = `FORMAT csv, DELIMITER E'\\x01', QUOTE E'\\x02', ESCAPE E'\\x02'`;

/** COPY … TO STDOUT of all rows of a kind: one JSON object a line. */
export function dumpNdjson(kind: BulkKind): string {
  const { members, from } = DUMPED[kind];
  const parts = members.map(([name, json]) => `coalesce(',"${name}":' || ${json}, '')`);
  return `COPY (SELECT '{"kind":"${kind}"' || ${parts.join(' || ')} || '}' FROM ${from}) TO STDOUT WITH (${AS_IT_IS})`;
}

// A text stands for itself in CSV, and anything else as its JSON.
const plain = (json: string): string =>
  `CASE WHEN left(j, 1) = '"' THEN j::json #>> '{}' ELSE j END FROM (SELECT ${json} AS j) v`;

/** COPY … TO STDOUT of all rows of a kind as CSV, with a header. */
export function dumpCsv(kind: BulkKind): string {
  const { members, from } = DUMPED[kind];
  const columns = members.map(([name, json]) => `(SELECT ${plain(json)}) AS "${name}"`);
  return `COPY (SELECT '${kind}' AS kind, ${columns.join(', ')} FROM ${from}) TO STDOUT WITH (FORMAT csv, HEADER true)`;
}
