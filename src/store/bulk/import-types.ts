import { DEFAULT_ACTIONS, DEFAULT_CREATOR_ACTIONS } from '../../core/built-ins.js';
import { run } from '../doctor-check.js';
import type { SqlExecutor } from '../executor.js';
import type { BulkRowOf, Outcome, PlacedRow, Reject } from './bulk-rows.js';
import { faultsOfIds } from './unfit-ids.js';

interface Standing {
  readonly actions: string[];
  readonly creator_actions: string[];
  readonly mode: string;
}

const FIND = `SELECT t.mode, to_jsonb(t.creator_actions) AS creator_actions,
    (SELECT coalesce(jsonb_agg(p.action), '[]') FROM castellan.permissions p WHERE p.type_id = t.id) AS actions
  FROM castellan.types t WHERE t.name = $1`;

const INSERT = `WITH made AS (
    INSERT INTO castellan.types (name, mode, creator_actions)
    VALUES ($1, $2, ARRAY(SELECT jsonb_array_elements_text($3::jsonb))) RETURNING id, name
  ), actions AS (
    INSERT INTO castellan.permissions (type_id, action)
    SELECT made.id, a.action FROM made CROSS JOIN jsonb_array_elements_text($4::jsonb) WITH ORDINALITY AS a(action, n) ORDER BY a.n
  )
  INSERT INTO castellan.objects (type_id, external_id)
  SELECT t.id, made.name FROM made JOIN castellan.types t ON t.name = 'type' AND t.built_in`;

/** Makes the types of a batch, one by one: they are few. */
export async function importTypes(sql: SqlExecutor, rows: readonly PlacedRow<BulkRowOf<'type'>>[]): Promise<Outcome> {
  const rejects: Reject[] = [];
  let created = 0;
  const faultOf = await faultsOfIds(sql, 'type');
  for (const { line, row } of rows) {
    const actions = [...new Set(row.actions ?? DEFAULT_ACTIONS)];
    const creatorActions = row.creatorActions ?? DEFAULT_CREATOR_ACTIONS.filter((action) => actions.includes(action));
    const odd = creatorActions.findIndex((action) => !actions.includes(action));
    const [standing] = await run<Standing>(sql, FIND, [row.id]);
    const unfit = faultOf(row.id);
    if (!standing && unfit) rejects.push({ line, ...unfit });
    else if (standing) {
      const fault = difference(row, standing);
      if (fault !== undefined) rejects.push({ line, code: 'already_exists', reason: fault });
    } else if (odd >= 0) {
      const reason = `creatorActions.${odd} must be one of the type's actions.`;
      rejects.push({ line, code: 'invalid_request', reason });
    } else {
      const parts = [row.id, row.mode ?? 'union', JSON.stringify(creatorActions), JSON.stringify(actions)];
      await run(sql, INSERT, parts);
      created += 1;
    }
  }
  return { created, rejects };
}

function difference({ id, mode, actions, creatorActions }: BulkRowOf<'type'>, standing: Standing): string | undefined {
  const other = [
    ...(mode !== undefined && mode !== standing.mode ? ['mode'] : []),
    ...(actions && !sameNames(actions, standing.actions) ? ['actions'] : []),
    ...(creatorActions && !sameNames(creatorActions, standing.creator_actions) ? ['creatorActions'] : []),
  ];
  return other.length === 0 ? undefined : standsWith(`type ${id}`, other);
}

/** The reason to reject a row about what stands, and has other values for these. */
export function standsWith(name: string, others: readonly string[]): string {
  return `${name} stands already, with other ${others.join(', ')}; an import changes nothing that stands.`;
}

/** Whether both name the same, in whatever order. */
export function sameNames(one: readonly string[], other: readonly string[]): boolean {
  const [first, second] = [new Set(one), new Set(other)];
  return first.size === second.size && [...first].every((name) => second.has(name));
}
