import { ANYONE } from '../core/built-ins.js';
import { parsePermission } from '../core/identifiers.js';
import { sameRef, type ObjectRef, type SubjectRef } from '../core/model.js';
import type { AssignedRole, HandedRule, HoldingsSource } from '../core/ports/holdings.js';
import type { SqlExecutor, Statement } from './executor.js';
import {
  HOLDER_UNCOVERED,
  IDENTITY_UNCOVERED,
  MOVE_UNCOVERED,
  ROLE_UNCOVERED,
  RULES_UNCOVERED,
} from './holdings-sql.js';

const SUPERUSER: Statement = {
  name: 'castellan_is_superuser',
  text: 'SELECT superuser AND active AS superuser FROM castellan.subjects WHERE type = $1 AND external_id = $2',
};

const EXISTS: Statement = {
  name: 'castellan_object_exists',
  text: `SELECT 1 AS found FROM castellan.objects o JOIN castellan.types t ON t.id = o.type_id
    WHERE t.name = $1 AND o.external_id = $2`,
};

const DESCENDANTS: Statement = {
  name: 'castellan_descendants',
  text: `SELECT dt.name AS type, d.external_id AS id FROM castellan.types t
    JOIN castellan.objects o ON o.type_id = t.id AND o.external_id = $2
    JOIN castellan.ancestry an ON an.ancestor_id = o.id
    JOIN castellan.objects d ON d.id = an.descendant_id JOIN castellan.types dt ON dt.id = d.type_id
    WHERE t.name = $1 ORDER BY d.id`,
};

/** Compares what principals hold, in SQL, over the transaction that asks. */
export class HoldingsStore implements HoldingsSource {
  constructor(private readonly sql: SqlExecutor) {}

  coversRules(author: SubjectRef, rules: readonly HandedRule[], recipients: readonly SubjectRef[]): Promise<boolean> {
    const permissions = rules.map(({ permission }) => parsePermission(permission));
    return this.#covers(RULES_UNCOVERED, author, [
      permissions.map((permission) => permission?.type ?? null),
      permissions.map((permission) => permission?.action ?? null),
      rules.map(({ place }) => place?.type ?? null),
      rules.map(({ place }) => place?.id ?? null),
      rules.map(({ condition }) => condition && JSON.stringify(condition)),
      rules.map(({ fields }) => JSON.stringify(fields ?? [])),
      rules.map(({ expiresAt }) => expiresAt),
      recipients.some((recipient) => sameRef(recipient, ANYONE)),
      recipients.filter(({ type }) => type === 'role').map(({ id }) => id),
    ]);
  }

  coversHolder(author: SubjectRef, holder: SubjectRef, into?: string): Promise<boolean> {
    const roles = [...(holder.type === 'role' ? [holder.id] : []), ...(into === undefined ? [] : [into])];
    return this.#covers(HOLDER_UNCOVERED, author, [holder.type, holder.id, roles]);
  }

  coversIdentity(author: SubjectRef, user: SubjectRef): Promise<boolean> {
    return this.#covers(IDENTITY_UNCOVERED, author, [user.type, user.id]);
  }

  coversRole(author: SubjectRef, assigned: AssignedRole): Promise<boolean> {
    const { role, place, expiresAt, subject } = assigned;
    const values = [role, place?.type ?? null, place?.id ?? null, expiresAt, sameRef(subject, ANYONE)];
    return this.#covers(ROLE_UNCOVERED, author, values);
  }

  coversMove(author: SubjectRef, object: ObjectRef, parent: ObjectRef | null): Promise<boolean> {
    return this.#covers(MOVE_UNCOVERED, author, [object.type, object.id, parent?.type ?? null, parent?.id ?? null]);
  }

  async descendants(object: ObjectRef): Promise<ObjectRef[]> {
    return this.sql.query<ObjectRef>(DESCENDANTS, [object.type, object.id]);
  }

  async exists(object: ObjectRef): Promise<boolean> {
    return (await this.sql.query(EXISTS, [object.type, object.id])).length > 0;
  }

  async isSuperuser(subject: SubjectRef): Promise<boolean> {
    const [row] = await this.sql.query<{ superuser: boolean }>(SUPERUSER, [subject.type, subject.id]);
    return row?.superuser === true;
  }

  async #covers(statement: Statement, author: SubjectRef, values: readonly unknown[]): Promise<boolean> {
    const rows = await this.sql.query(statement, [author.type, author.id, ...values]);
    return rows.length === 0;
  }
}
