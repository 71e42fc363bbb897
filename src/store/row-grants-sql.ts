import type { IdForm } from '../core/id-forms.js';

/** SQL: the tables of row grants that there are, as `name`, with the type's internal id as `type_id`, and how ids are held as `form`. */
export const ROW_GRANTS_TABLES = `SELECT format('%I.%I', 'castellan', relname) AS name, split_part(relname, ' ', 5) AS type_id, split_part(relname, ' ', 7) AS form
  FROM pg_class WHERE relnamespace = 'castellan'::regnamespace AND relkind = 'r' AND relname LIKE 'plain grants on type %'`;

/** Has a statement carried out in which `:type` stands for a type's internal id. */
export type OfType = (statement: string) => string;

/** SQL: the table of the plain grants on objects of the type, by the ids of the rows that they stand for. */
export const rowGrantsOf = (form: IdForm): string => `castellan."${nameOf(form)}"`;

const nameOf = (form: IdForm): string => `plain grants on type :type as ${form}`;

/**
 * SQL: the rows that the table of row grants is to have, of these grants. A grant on an object that is for objects below it, of another
 * type, is none.
 */
export const rowGrantsFrom = (grants: string, form: IdForm): string => `
  SELECT g.subject_id, g.permission_id, o.external_id::${form} AS row_id, g.place_id
  FROM ${grants} g JOIN castellan.permissions p ON p.id = g.permission_id AND p.type_id = :type
  JOIN castellan.objects o ON o.id = g.place_id AND o.type_id = :type
  WHERE g.variant = ''`;

/**
 * SQL: makes the table, fills it, and has the database keep it: each statement that changes grants changes it too, whoever sends it. An
 * index-only look-up then tells the ids of the rows that somebody was granted, without a look at the objects.
 */
export function rowGrantsStatements(form: IdForm, execute: OfType): string {
  const table = rowGrantsOf(form);
  return `  IF to_regclass(replace('${table}', ':type', type_id)) IS NULL THEN
${execute(`CREATE TABLE ${table} (
    subject_id int NOT NULL, permission_id int NOT NULL, row_id ${form} NOT NULL, place_id bigint NOT NULL,
    PRIMARY KEY (subject_id, permission_id, row_id),
    UNIQUE (place_id, permission_id, subject_id)
  )`)}${execute(keepingFunction(form))}${TRIGGERS.map(({ event, tables }) =>
    execute(
      `CREATE TRIGGER "${nameOf(form)}, ${event}" AFTER ${event} ON castellan.grants ${tables} FOR EACH STATEMENT EXECUTE FUNCTION ${table}()`,
    ),
  ).join('')}    -- From here on, whoever writes grants waits for the end of this.
${execute(`INSERT INTO ${table} ${rowGrantsFrom('castellan.grants', form)}`)}${execute(`ANALYZE ${table}`)}  END IF;
`;
}

const TRIGGERS = [
  { event: 'INSERT', tables: 'REFERENCING NEW TABLE AS made' },
  { event: 'DELETE', tables: 'REFERENCING OLD TABLE AS gone' },
  { event: 'UPDATE', tables: 'REFERENCING OLD TABLE AS gone NEW TABLE AS made' },
  { event: 'TRUNCATE', tables: '' },
];

// The object may be gone by then, and its id with it: what goes is found by the place. An update that changes nothing of this costs a look.
const keepingFunction = (form: IdForm): string => `CREATE FUNCTION ${rowGrantsOf(form)}() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $keep$
  BEGIN
    IF TG_OP = 'TRUNCATE' THEN
      DELETE FROM ${rowGrantsOf(form)};
      RETURN NULL;
    END IF;
    IF TG_OP = 'UPDATE' THEN
      IF NOT EXISTS (
        SELECT subject_id, permission_id, place_id, variant FROM gone EXCEPT SELECT subject_id, permission_id, place_id, variant FROM made
      ) THEN
        RETURN NULL;
      END IF;
    END IF;
    IF TG_OP <> 'INSERT' THEN
      DELETE FROM ${rowGrantsOf(form)} kept USING gone
      WHERE kept.place_id = gone.place_id AND kept.permission_id = gone.permission_id AND kept.subject_id = gone.subject_id AND gone.variant = '';
    END IF;
    IF TG_OP <> 'DELETE' THEN
      INSERT INTO ${rowGrantsOf(form)} (subject_id, permission_id, row_id, place_id) ${rowGrantsFrom('made', form)};
    END IF;
    RETURN NULL;
  END
  $keep$`;
