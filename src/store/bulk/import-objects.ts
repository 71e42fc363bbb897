import { MAX_DEPTH } from '../../core/built-ins.js';
import { run } from '../doctor-check.js';
import type { SqlExecutor } from '../executor.js';
import type { Outcome, Reject } from './bulk-rows.js';
import { numbered, outcomeOf } from './import-subjects.js';
import { rejectUnfitIds } from './unfit-ids.js';

// Ids in the order of the file, whatever order the rows are then made in: lists and dumps go by them.
const COLLECT = `INSERT INTO pg_temp.import_new_objects (id, line, type_id, external_id, parent_type, parent_external_id, attributes)
  SELECT nextval('castellan.objects_id_seq'), n.* FROM (
    SELECT * FROM (
      SELECT DISTINCT ON (t.id, q.external_id) q.line, t.id AS type_id, q.external_id, q.parent_type, q.parent_id, q.attributes
      FROM pg_temp.import_objects q JOIN castellan.types t ON t.name = q.type
      WHERE NOT EXISTS (SELECT 1 FROM castellan.objects o WHERE o.type_id = t.id AND o.external_id = q.external_id)
      ORDER BY t.id, q.external_id, q.line
    ) first ORDER BY line
  ) n`;

// Where the first row of an object can not be taken, and another row is there, that is next: whatever is above and below it may yet be made.
const GIVE_UP = `WITH unmade AS MATERIALIZED (
    SELECT q.* FROM pg_temp.import_objects q JOIN castellan.types t ON t.name = q.type
    WHERE NOT EXISTS (SELECT 1 FROM castellan.objects o WHERE o.type_id = t.id AND o.external_id = q.external_id)
  ), first AS (
    SELECT DISTINCT ON (type, external_id) type, external_id, parent_type, parent_id,
      count(*) OVER (PARTITION BY type, external_id) AS rows FROM unmade ORDER BY type, external_id, line
  )
  DELETE FROM pg_temp.import_objects q USING first f
  WHERE f.rows > 1 AND q.type = f.type AND q.external_id = f.external_id
    AND q.parent_type IS NOT DISTINCT FROM f.parent_type AND q.parent_id IS NOT DISTINCT FROM f.parent_id
  RETURNING q.line`;

// One level of the trees in the batch: those whose parent is there by now.
const ROUND = `WITH ready AS MATERIALIZED (
    SELECT n.*, p.id AS above_id, (SELECT count(*) FROM castellan.ancestry a WHERE a.descendant_id = p.id) AS above_depth
    FROM pg_temp.import_new_objects n
    LEFT JOIN castellan.types pt ON pt.name = n.parent_type
    LEFT JOIN LATERAL (SELECT o.id FROM castellan.objects o WHERE o.type_id = pt.id AND o.external_id = n.parent_external_id LIMIT 1) p ON true
    WHERE n.parent_type IS NULL OR p.id IS NOT NULL
  ), gone AS (
    DELETE FROM pg_temp.import_new_objects n USING ready WHERE n.id = ready.id
  ), made AS (
    INSERT INTO castellan.objects (id, type_id, external_id, parent_id, attributes)
    SELECT id, type_id, external_id, above_id, coalesce(attributes, '{}') FROM ready
    WHERE above_id IS NULL OR above_depth + 1 <= ${MAX_DEPTH} ORDER BY line
    ON CONFLICT DO NOTHING
    RETURNING id, type_id, parent_id
  ), paths AS (
    INSERT INTO castellan.ancestry (descendant_id, ancestor_id, descendant_type_id, depth)
    SELECT m.id, up.id, m.type_id, up.depth + 1 FROM made m CROSS JOIN LATERAL (
      SELECT m.parent_id AS id, 0 AS depth
      UNION ALL SELECT a.ancestor_id, a.depth FROM castellan.ancestry a WHERE a.descendant_id = m.parent_id
    ) up WHERE m.parent_id IS NOT NULL
  ), reach AS (
    UPDATE castellan.grants SET reaches_below = true
    WHERE object_id IN (SELECT parent_id FROM made WHERE parent_id IS NOT NULL) AND NOT reaches_below
  )
  SELECT (SELECT count(*) FROM ready)::int AS ready, (SELECT count(*) FROM made)::int AS created`;

const COMPARE = `SELECT q.line, CASE WHEN t.id IS NULL THEN 'unknown_reference' WHEN o.id IS NOT NULL THEN 'already_exists'
      WHEN q.parent_type = q.type AND q.parent_id = q.external_id THEN 'cycle'
      WHEN q.parent_type IS NOT NULL AND p.id IS NULL THEN 'unknown_reference'
      ELSE 'too_deep' END AS code,
    CASE WHEN t.id IS NULL THEN 'type: there is no type ' || q.type || '.'
      WHEN o.id IS NOT NULL THEN q.type || ':' || q.external_id || ' stands already, with ' || concat_ws(' and ',
        CASE WHEN q.parent_type IS NOT NULL AND (p.id IS NULL OR o.parent_id IS DISTINCT FROM p.id) THEN 'another parent' END,
        CASE WHEN q.attributes IS NOT NULL AND o.attributes <> q.attributes THEN 'other attributes' END) || '; an import changes nothing that stands.'
      WHEN q.parent_type = q.type AND q.parent_id = q.external_id THEN 'parent: must not be the object itself, or below it.'
      WHEN q.parent_type IS NOT NULL AND p.id IS NULL THEN 'parent: there is no ' || q.parent_type || ':' || q.parent_id || '.'
      ELSE 'parent: would make it nest more than ${MAX_DEPTH} levels deep.' END AS reason
  FROM pg_temp.import_objects q LEFT JOIN castellan.types t ON t.name = q.type
  LEFT JOIN LATERAL (SELECT o.id, o.parent_id, o.attributes FROM castellan.objects o
    WHERE o.type_id = t.id AND o.external_id = q.external_id LIMIT 1) o ON true
  LEFT JOIN castellan.types pt ON pt.name = q.parent_type
  LEFT JOIN LATERAL (SELECT o.id FROM castellan.objects o WHERE o.type_id = pt.id AND o.external_id = q.parent_id LIMIT 1) p ON true
  WHERE o.id IS NULL OR (q.parent_type IS NOT NULL AND (p.id IS NULL OR o.parent_id IS DISTINCT FROM p.id))
    OR (q.attributes IS NOT NULL AND o.attributes <> q.attributes)
  ORDER BY q.line`;

/** Makes the objects of a batch, in whatever order they stand in it, with all that is above each. */
export async function importObjects(sql: SqlExecutor): Promise<Outcome> {
  const rejects = await rejectUnfitIds(sql, 'import_objects');
  let created = 0;
  for (;;) {
    created += await makeTrees(sql);
    const refused = (await run<Reject>(sql, COMPARE)).map(numbered);
    const others = refused.length > 0 ? await run<{ line: string }>(sql, GIVE_UP) : [];
    if (others.length === 0) return outcomeOf(created, [...rejects, ...refused]);
    const lines = new Set(others.map(({ line }) => Number(line)));
    rejects.push(...refused.filter(({ line }) => lines.has(line)));
  }
}

async function makeTrees(sql: SqlExecutor): Promise<number> {
  await run(sql, 'DELETE FROM pg_temp.import_new_objects');
  await run(sql, COLLECT);
  let created = 0;
  for (let level = 0; level <= MAX_DEPTH + 1; level += 1) {
    const [round] = await run<{ ready: number; created: number }>(sql, ROUND);
    created += round?.created ?? 0;
    if (!round || round.ready === 0) break;
  }
  return created;
}
