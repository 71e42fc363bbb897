import {
  asksElsewhere,
  explain,
  MOST_ELSEWHERE,
  withElsewhere,
  type ExplainedFacts,
  type HeldRule,
} from '../core/explain.js';
import { shortestPaths, type Edge } from '../core/explain-paths.js';
import { CastellanError } from '../core/errors.js';
import { permissionName, type Question, type SubjectRef } from '../core/model.js';
import { Explanations, type Explanation, type RulePath } from '../core/ports/explanations.js';
import type { Database } from './database.js';
import type { SqlExecutor } from './executor.js';
import {
  EDGES,
  HELD_ELSEWHERE,
  HELD_HERE,
  NAMES,
  SITUATION,
  type HeldRow,
  type SituationRow,
} from './explanations-sql.js';
import { ANYONE_ID, AUTHENTICATED_ID } from './principals-sql.js';
import { inSnapshot } from './snapshot.js';

/** Explains by reading, in one snapshot, every rule that is held for the permission and how each is reached. */
export class PostgresExplanations extends Explanations {
  constructor(private readonly database: Database) {
    super();
  }

  explain(question: Question): Promise<Explanation> {
    return inSnapshot(this.database.pool, async (sql) => {
      const situation = await situationOf(sql, question);
      const explanation = explain(question, await factsOf(sql, question, situation));
      if (!asksElsewhere(explanation)) return explanation;
      const { principals, permission_id, line, at } = situation;
      const rows = await sql.query<HeldRow>(HELD_ELSEWHERE, [principals, permission_id, line, at, MOST_ELSEWHERE + 1]);
      return withElsewhere(explanation, await rulesOf(sql, question, situation, rows));
    });
  }
}

async function situationOf(sql: SqlExecutor, { subject, permission, object }: Question): Promise<SituationRow> {
  const [situation] = await sql.query<SituationRow>(SITUATION, [
    subject.type,
    subject.id,
    permission.type,
    permission.action,
    object?.type ?? null,
    object?.id ?? null,
  ]);
  if (!situation) throw new CastellanError('internal', 'The database left a question without an answer.');
  // A built-in group that is asked about is among them as itself, too: its rules would be told twice.
  return { ...situation, principals: [...new Set(situation.principals)] };
}

async function factsOf(sql: SqlExecutor, question: Question, situation: SituationRow): Promise<ExplainedFacts> {
  const { principals, permission_id, line, at } = situation;
  const rows = await sql.query<HeldRow>(HELD_HERE, [principals, permission_id, line, at]);
  return {
    subject: situation.subject_id === null ? 'unknown' : situation.active ? 'active' : 'inactive',
    superuser: situation.superuser,
    typeKnown: situation.mode !== null,
    actionKnown: permission_id !== null,
    mode: situation.mode ?? 'union',
    objectKnown: situation.object_known,
    subjectAttributes: situation.subject_attributes,
    objectAttributes: situation.object_attributes,
    rules: await rulesOf(sql, question, situation, rows),
  };
}

/** The rows as rules, each with its path. */
async function rulesOf(
  sql: SqlExecutor,
  question: Question,
  situation: SituationRow,
  rows: readonly HeldRow[],
): Promise<HeldRule[]> {
  if (rows.length === 0) return [];
  const pathOf = await pathsOf(sql, question.subject, situation, rows);
  return rows.map((row): HeldRule => {
    const place =
      row.place_type !== null && row.place_external_id !== null
        ? { type: row.place_type, id: row.place_external_id }
        : null;
    return {
      id: row.id,
      source: row.granted ? 'grant' : 'role',
      effect: row.effect,
      permission: permissionName(question.permission),
      placed: place ? 'object' : 'everywhere',
      place,
      condition: row.condition,
      fields: row.fields.length > 0 ? row.fields : null,
      startsAt: row.starts_at?.toISOString() ?? null,
      expiresAt: row.expires_at?.toISOString() ?? null,
      path: pathOf(row),
      window: row.window,
    };
  });
}

async function pathsOf(
  sql: SqlExecutor,
  subject: SubjectRef,
  { subject_id, principals }: SituationRow,
  rows: readonly HeldRow[],
): Promise<(row: HeldRow) => RulePath> {
  const roles = new Set(rows.map(firstRole));
  const edges = await sql.query<Edge>(EDGES, [principals, [...roles]]);
  // Nobody is listed as a member of the built-in groups. An unknown subject has no id, and no groups but these.
  const itself = subject_id ?? 0;
  const implied = [AUTHENTICATED_ID, ANYONE_ID].map((to): Edge => ({ from: itself, to }));
  const toHolders = shortestPaths(itself, [...implied, ...edges]);
  const toKeepers = new Map([...roles].map((role) => [role, shortestPaths(role, edges)]));
  const steps = rows.map((row) => {
    const holders = toHolders.get(row.holder_id) ?? [itself, row.holder_id];
    const keepers = toKeepers.get(firstRole(row))?.get(row.keeper_id) ?? [firstRole(row), row.keeper_id];
    return [row, withoutRepeats([...holders, ...keepers])] as const;
  });
  const names = await namesOf(sql, new Set(steps.flatMap(([, ids]) => ids)));
  names.set(itself, subject);
  const paths = new Map(steps.map(([row, ids]) => [row, ids.flatMap((id) => names.get(id) ?? [])]));
  return (row) => paths.get(row) ?? [];
}

/** Where the holder's own part of the way ends: at the role it is assigned, or at itself. */
function firstRole(row: HeldRow): number {
  return row.assigned_id ?? row.holder_id;
}

function withoutRepeats(ids: readonly number[]): number[] {
  return ids.filter((id, index) => id !== ids[index - 1]);
}

async function namesOf(sql: SqlExecutor, ids: ReadonlySet<number>): Promise<Map<number, SubjectRef>> {
  const rows = await sql.query<{ id: number; type: string; external_id: string }>(NAMES, [[...ids]]);
  return new Map(rows.map(({ id, type, external_id }) => [id, { type, id: external_id }]));
}
