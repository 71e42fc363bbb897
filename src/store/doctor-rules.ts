import { parseCondition } from '../core/conditions/parse-condition.js';
import { CastellanError } from '../core/errors.js';
import type { Effect, JsonObject } from '../core/model.js';
import { MOST_EXAMPLES, objectName, run, sqlCheck, subjectName, type Check, type Found } from './doctor-check.js';
import type { SqlExecutor } from './executor.js';
import { variantOf } from './records/grant-store.js';

const PAGE = 5000;

const REACHES_BELOW: Check = sqlCheck(
  { kind: 'reaches_below', says: 'lists would not look below the object of a grant' },
  `SELECT 'grant ' || g.id || ' on ' || ${objectName('g.object_id')} || ' does not reach below it' AS what FROM castellan.grants g
  WHERE NOT g.reaches_below AND EXISTS (SELECT 1 FROM castellan.objects below WHERE below.parent_id = g.object_id)`,
  [
    `UPDATE castellan.grants g SET reaches_below = true
     WHERE NOT g.reaches_below AND EXISTS (SELECT 1 FROM castellan.objects below WHERE below.parent_id = g.object_id)`,
  ],
);

interface ConditionRow {
  readonly id: string;
  readonly place: string;
  readonly condition: JsonObject;
}

const CONDITIONS = [
  `SELECT g.id::text AS id, 'grant ' || g.id || ' to ' || ${subjectName('g.subject_id')} AS place, g.condition
   FROM castellan.grants g WHERE g.condition IS NOT NULL AND g.id > coalesce($1::uuid, '00000000-0000-0000-0000-000000000000') ORDER BY g.id LIMIT ${PAGE}`,
  `SELECT ru.id::text AS id, 'rule ' || ru.id || ' of ' || ${subjectName('ru.role_id')} AS place, ru.condition
   FROM castellan.rules ru WHERE ru.condition IS NOT NULL AND ru.id > coalesce($1::int, 0) ORDER BY ru.id LIMIT ${PAGE}`,
];

const CONDITION: Check = {
  kind: 'condition',
  says: 'conditions can not be read: a rule that allows never counts, one that denies always does',
  advice: 'delete these grants, or give the role other rules',
  find: async (sql) => {
    const found = { count: 0, examples: [] as string[] };
    for (const statement of CONDITIONS) {
      for await (const { place, condition } of paged<ConditionRow>(sql, statement)) {
        const fault = faultOf(condition);
        if (fault === undefined) continue;
        found.count += 1;
        if (found.examples.length < MOST_EXAMPLES) found.examples.push(`${place}: ${fault}`);
      }
    }
    return found;
  },
};

function faultOf(condition: JsonObject): string | undefined {
  try {
    parseCondition(condition);
    return undefined;
  } catch (error) {
    if (error instanceof CastellanError) return error.detail;
    throw error;
  }
}

interface GrantRow {
  readonly id: string;
  readonly place: string;
  readonly variant: string;
  readonly effect: Effect;
  readonly condition: JsonObject | null;
  readonly fields: string[];
  readonly starts_at: Date | null;
  readonly expires_at: Date | null;
}

// Plain grants are most of them, and their variant says so: those need no reading.
const VARIANTS = `SELECT g.id::text AS id, 'grant ' || g.id || ' to ' || ${subjectName('g.subject_id')} AS place,
    g.variant, g.effect, g.condition, g.fields, g.starts_at, g.expires_at
  FROM castellan.grants g
  WHERE (g.variant <> '' OR g.effect <> 'allow' OR g.condition IS NOT NULL OR g.fields <> '{}' OR g.starts_at IS NOT NULL OR g.expires_at IS NOT NULL)
    AND g.id > coalesce($1::uuid, '00000000-0000-0000-0000-000000000000') ORDER BY g.id LIMIT ${PAGE}`;

const VARIANT: Check = {
  kind: 'variant',
  says: 'the variant of a grant is not that of its effect, condition, fields and window',
  advice: 'the same grant stands there twice: delete one of the two',
  find: async (sql) => {
    const found: Found & { examples: string[] } = { count: 0, examples: [] };
    let count = 0;
    for await (const row of paged<GrantRow>(sql, VARIANTS)) {
      if (row.variant === variantOfRow(row)) continue;
      count += 1;
      if (found.examples.length < MOST_EXAMPLES) found.examples.push(`${row.place} is filed under another variant`);
    }
    return { ...found, count };
  },
  mend: async (sql) => {
    for await (const row of paged<GrantRow>(sql, VARIANTS)) {
      const variant = variantOfRow(row);
      if (row.variant === variant) continue;
      await run(
        sql,
        `UPDATE castellan.grants g SET variant = $2 WHERE g.id = $1::uuid AND NOT EXISTS (
          SELECT 1 FROM castellan.grants twin WHERE twin.subject_id = g.subject_id AND twin.permission_id = g.permission_id
            AND twin.place_id = g.place_id AND twin.variant = $2)`,
        [row.id, variant],
      );
    }
  },
};

function variantOfRow({ effect, condition, fields, starts_at, expires_at }: GrantRow): string {
  return variantOf({
    effect,
    condition,
    fields: fields.length > 0 ? fields : null,
    startsAt: starts_at?.toISOString() ?? null,
    expiresAt: expires_at?.toISOString() ?? null,
  });
}

/** All rows of a statement, whose only value is the id that a page ended at. */
async function* paged<Row extends { readonly id: string }>(sql: SqlExecutor, statement: string): AsyncGenerator<Row> {
  let after: string | null = null;
  for (;;) {
    const rows: Row[] = await run<Row>(sql, statement, [after]);
    yield* rows;
    if (rows.length < PAGE) return;
    after = rows.at(-1)?.id ?? null;
  }
}

/** What grants and rules say of themselves must be so. */
export const RULE_CHECKS: readonly Check[] = [CONDITION, VARIANT, REACHES_BELOW];
