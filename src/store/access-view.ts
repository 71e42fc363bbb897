import { CastellanError } from '../core/errors.js';
import { faultOfName } from '../core/identifiers.js';
import type { IdForm, NarrowIdForm } from '../core/id-forms.js';
import { inWindow } from './principals-sql.js';
import { rowGrantsOf, rowGrantsStatements } from './row-grants-sql.js';

/** The view of who has access to the rows of one model. */
export interface AccessView {
  /** The resource type whose objects the rows are. */
  readonly type: string;
  readonly idType: IdForm;
  /** In the app's own schema. */
  readonly schema: string;
  readonly view: string;
  /** The view's column with the id of the row. */
  readonly idColumn: string;
}

// Postgres cuts names after 63 bytes.
const LONGEST_NAME = 63;
const OBJECT_TYPE = ':type';

/** SQL: what a rule is called, so that all that mean the same are called the same; the row has `effect`, `fields` and `condition`. */
export const ruleName = (row: string): string =>
  `${row}.effect || CASE WHEN ${row}.fields = '{}' THEN '' ELSE ' of fields' END || coalesce(' where ' || ${row}.condition::text, '')`;

/** What {@link ruleName} says of a rule that allows and says no more. */
export const PLAIN_RULE = 'allow';

/**
 * SQL for an app's own migration: the view, and what makes it quick. It can be run again, and in a database without Castellan (a shadow
 * database, say) makes a view that holds nothing.
 *
 * @throws CastellanError `invalid_request` for names that can't be.
 */
export function accessViewSql(view: AccessView): string {
  const fault =
    faultOfName(view.type) ?? (view.type.includes('$castellan$') ? 'must not contain $castellan$' : undefined);
  if (fault) throw new CastellanError('invalid_request', `The type ${fault}.`);
  for (const name of [view.schema, view.view, view.idColumn]) requireIdentifier(name);
  const type = `'${view.type.replaceAll("'", "''")}'`;
  const named = `${quoted(view.schema)}.${quoted(view.view)}`;
  return `-- Who has access to the rows of the type ${view.type}. Made by: castellan prisma view
DO $castellan$
DECLARE
  type_id text;
  unfit text;
BEGIN
  IF to_regclass('castellan.objects') IS NULL THEN
    -- Nobody has access where there is no Castellan.
    EXECUTE $sql$DROP VIEW IF EXISTS ${named}$sql$;
    EXECUTE $sql$CREATE VIEW ${named} AS SELECT NULL::${view.idType} AS ${quoted(view.idColumn)}, NULL::int AS holder_id,
      NULL::int AS permission_id, NULL::text AS way, NULL::text AS rule, NULL::text AS "by" WHERE false$sql$;
    RETURN;
  END IF;
  EXECUTE 'SELECT id::text FROM castellan.types WHERE name = $1' INTO type_id USING ${type}::text;
  IF type_id IS NULL THEN
    RAISE EXCEPTION 'There is no type % yet: register it, then run this migration again.', ${type};
  END IF;
${view.idType === 'text' ? rowGrantsStatements('text', executing) : idStatements(view.idType)}  EXECUTE $sql$DROP VIEW IF EXISTS ${named}$sql$;
  EXECUTE replace($sql$CREATE VIEW ${named} AS
${selectOf(view)}$sql$, '${OBJECT_TYPE}', type_id);
END
$castellan$;
`;
}

const executing = (statement: string, into = ''): string =>
  `  EXECUTE replace($sql$${statement}$sql$, '${OBJECT_TYPE}', type_id)${into};\n`;

// A check that the type's ids can be held as the app does, in one spelling only, and indexes and the table of row grants, which hold them so. What is
// registered is held against it beforehand, by its name. It comes last: from then on, until the end, nothing can be decided.
function idStatements(form: NarrowIdForm): string {
  const [check, ids] = [quoted(idCheckName(OBJECT_TYPE, form)), quoted(`ids of type ${OBJECT_TYPE} as ${form}`)];
  const fits = `CASE WHEN type_id = ${OBJECT_TYPE} THEN ${FITS[form]} ELSE true END`;
  return `${executing(`SELECT external_id FROM castellan.objects WHERE type_id = ${OBJECT_TYPE} AND NOT ${fits} LIMIT 1`, ' INTO unfit')}\
  IF unfit IS NOT NULL THEN
    RAISE EXCEPTION 'The id % of an object of this type could not be held as ${form}.', unfit;
  END IF;
${executing(`CREATE UNIQUE INDEX IF NOT EXISTS ${ids} ON castellan.objects ((${idExpression(form, '')})) INCLUDE (id, type_id, external_id) WHERE type_id = ${OBJECT_TYPE}`)}\
${executing(`CREATE INDEX IF NOT EXISTS ${quoted(`objects of type ${OBJECT_TYPE}`)} ON castellan.objects (id) INCLUDE (type_id, external_id) WHERE type_id = ${OBJECT_TYPE}`)}\
${rowGrantsStatements(form, executing)}\
  IF NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conrelid = 'castellan.objects'::regclass
    AND conname = replace('${idCheckName(OBJECT_TYPE, form)}', '${OBJECT_TYPE}', type_id)) THEN
  ${executing(`ALTER TABLE castellan.objects ADD CONSTRAINT ${check} CHECK (${fits})`)}  END IF;
`;
}

const idCheckName = (typeId: string, form: NarrowIdForm): string => `ids of type ${typeId} are ${form}`;

/** SQL: a jsonb array of the forms that ids of the type (a reference to its internal id) are to have, by the names of the checks there are. */
export const idFormsOf = (typeId: string): string => `(
      SELECT coalesce(jsonb_agg(split_part(c.conname, ' ', 6)), '[]') FROM pg_catalog.pg_constraint c
      WHERE c.conrelid = 'castellan.objects'::regclass AND c.contype = 'c' AND c.conname LIKE 'ids of type ' || ${typeId} || ' are %'
    )`;

const whole = (digits: number, type: string, least: string, largest: string): string =>
  `CASE WHEN external_id ~ '^(0|-?[1-9][0-9]{0,${digits - 1}})$' THEN external_id::${type} BETWEEN ${least} AND ${largest} ELSE false END`;
// None of them casts what it can not.
export const FITS = {
  uuid: `external_id ~ '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$'`,
  int: whole(10, 'bigint', '-2147483648', '2147483647'),
  bigint: whole(19, 'numeric', '-9223372036854775808', '9223372036854775807'),
};

// Other types' ids are never cast, whatever order the conditions are tried in.
const idExpression = (idType: IdForm, row: string): string =>
  idType === 'text'
    ? `${row}external_id`
    : `CASE WHEN ${row}type_id = ${OBJECT_TYPE} THEN ${row}external_id::${idType} END`;

interface Leg {
  readonly way: string;
  readonly holder: string;
  readonly permission: string;
  readonly rule: string;
  readonly joins: string;
  readonly where: string;
}

const SELF = (place: string): string => `${place} = o.id`;
const ABOVE = `JOIN castellan.ancestry an ON an.descendant_id = o.id AND an.descendant_type_id = ${OBJECT_TYPE}`;
const INCLUDED = 'JOIN castellan.effective_inclusions ei ON ei.role_id = a.role_id';

const PLAIN = { holder: 'g.subject_id', permission: 'g.permission_id', rule: `'${PLAIN_RULE}'` };
const GRANTED = { ...PLAIN, rule: ruleName('g') };
const BY_ROLE = { holder: 'a.subject_id', permission: 'ru.permission_id', rule: ruleName('ru') };
const TO_ROLE = { ...GRANTED, holder: 'a.subject_id' };
// What a role was granted on an object counts, through an assignment on an object, where both are above.
const WHERE_BOTH = `${inWindow('a')} AND (g.variant = '' OR (${inWindow('g')})) AND (g.place_id = 0 OR g.place_id = o.id
    OR EXISTS (SELECT 1 FROM castellan.ancestry up WHERE up.descendant_id = o.id AND up.ancestor_id = g.place_id))`;

const LEGS: readonly Leg[] = [
  {
    way: 'below',
    ...PLAIN,
    joins: `${ABOVE} JOIN castellan.grants g ON g.place_id = an.ancestor_id`,
    where: `g.reaches_below AND g.variant = ''`,
  },
  {
    way: 'special',
    ...GRANTED,
    joins: `JOIN castellan.grants g ON ${SELF('g.place_id')}`,
    where: `g.variant <> '' AND ${inWindow('g')}`,
  },
  {
    way: 'special',
    ...GRANTED,
    joins: `${ABOVE} JOIN castellan.grants g ON g.place_id = an.ancestor_id`,
    where: `g.reaches_below AND g.variant <> '' AND ${inWindow('g')}`,
  },
  {
    way: 'role',
    ...BY_ROLE,
    joins: `JOIN castellan.assignments a ON ${SELF('a.object_id')} ${INCLUDED} JOIN castellan.rules ru ON ru.role_id = ei.included_id`,
    where: inWindow('a'),
  },
  {
    way: 'role',
    ...BY_ROLE,
    joins: `${ABOVE} JOIN castellan.assignments a ON a.object_id = an.ancestor_id ${INCLUDED} JOIN castellan.rules ru ON ru.role_id = ei.included_id`,
    where: inWindow('a'),
  },
  {
    way: 'role_grant',
    ...TO_ROLE,
    joins: `JOIN castellan.assignments a ON ${SELF('a.object_id')} ${INCLUDED} JOIN castellan.grants g ON g.subject_id = ei.included_id`,
    where: WHERE_BOTH,
  },
  {
    way: 'role_grant',
    ...TO_ROLE,
    joins: `${ABOVE} JOIN castellan.assignments a ON a.object_id = an.ancestor_id ${INCLUDED} JOIN castellan.grants g ON g.subject_id = ei.included_id`,
    where: WHERE_BOTH,
  },
];

/** `by` is 'rule' where objects are looked up from the rules, 'row' where each row is asked. */
function selectOf({ idType, idColumn }: AccessView): string {
  const placed = LEGS.map(({ way, holder, permission, rule, joins, where }) => ({
    way,
    leg: `SELECT ${idExpression(idType, 'o.')} AS object_id, ${holder} AS holder_id, ${permission} AS permission_id, ${rule} AS rule, ${FENCE}
    FROM castellan.objects o ${joins}
    WHERE o.type_id = ${OBJECT_TYPE} AND ${where}`,
  }));
  const granted = `SELECT g.row_id AS object_id, ${PLAIN.holder} AS holder_id, ${PLAIN.permission} AS permission_id, ${PLAIN.rule} AS rule`;
  const grants = `FROM ${rowGrantsOf(idType)} g`;
  const asked = [{ way: 'grant', leg: `${granted}, ${FENCE} ${grants}` }, ...placed].map(({ way, leg }) => ({
    way,
    leg: `SELECT ${COLUMNS}, ${FENCE} FROM (${leg}) leg CROSS JOIN castellan.taken_for_many()`,
  }));
  // One table, looked up by its key: the planner makes the best of it, and a fence would take its time from each of thousands of rows.
  const lookedUp = [{ way: 'grant', leg: `${granted} ${grants}` }, ...placed];
  const selectFrom = (by: string) => (leg: { way: string; leg: string }) =>
    `SELECT leg.object_id AS ${quoted(idColumn)}, leg.holder_id, leg.permission_id, '${leg.way}' AS way, leg.rule, '${by}' AS "by" FROM (
  ${leg.leg}
) leg`;
  return [...lookedUp.map(selectFrom('rule')), ...asked.map(selectFrom('row'))].join('\nUNION ALL\n');
}

const COLUMNS = 'leg.object_id, leg.holder_id, leg.permission_id, leg.rule';
// A column that nobody reads, whose value is another each time, so that what has it is planned by itself, and in full; and not at all, where
// the constants of the leg say that nothing of it is asked for.
const FENCE = 'random() AS fence';

function requireIdentifier(name: string): void {
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && name.length <= LONGEST_NAME) return;
  throw new CastellanError(
    'invalid_request',
    `${name}: a name of letters, digits and _, of at most ${LONGEST_NAME}, is wanted.`,
  );
}

const quoted = (name: string): string => `"${name}"`;
