import type { AttributeFilter } from '../core/ports/lists.js';
import { attributeFilterSql, type AttributeFilterSql } from './attribute-filter-sql.js';
import { BoundValues } from './bound-values.js';
import type { SqlRow } from './condition-sql.js';
import type { Statement } from './executor.js';
import { PAGE_OF_OBJECTS } from './list-sql.js';
import { objectCheck, uncheckedObjects, type Asker, type ObjectCheck } from './object-check-sql.js';
import { STANDS } from './placed-rules-sql.js';
import { inWindow } from './principals-sql.js';

/** What a list by any rules is asked for. */
export interface ListSpec {
  readonly asker: Asker;
  readonly type: string;
  readonly action: string;
  /** Objects must be allowed to be viewed as well. */
  readonly viewable: boolean;
  readonly attributes: readonly AttributeFilter[];
  /** Lists candidates only: each is yet to be decided. */
  readonly unchecked: boolean;
  readonly after: string;
  readonly limit: number;
}

/** A statement with its values. */
export interface BoundStatement {
  readonly statement: Statement;
  readonly values: readonly unknown[];
}

/** Where a list looks its candidates up by their attributes, because few have them; the answer is the same either way. */
export interface LookUps {
  /** All candidates, by the attributes that the list is narrowed by. */
  readonly narrowed: boolean;
  /** Those of rules placed everywhere, by the attributes that their conditions name. */
  readonly everywhere: boolean;
  /** Those of rules placed on objects, likewise. */
  readonly placed: boolean;
}

type WhichConditions = 'any' | 'some' | 'none';

/**
 * Lists objects by rules of any kind: candidates in the order of their ids, from the type's own keyset, from each holder's grants and
 * from below each place, every one of them checked. The statement is made for the question, and planned for its values.
 */
export class ConditionalList {
  readonly #values = new BoundValues();
  readonly #row: SqlRow;
  readonly #filters: readonly AttributeFilterSql[];
  readonly #check: ObjectCheck | null;
  readonly #wanted: string;
  readonly #type: string;
  readonly #permission: string;

  constructor(private readonly spec: ListSpec) {
    const { asker, type, action } = spec;
    const resource = asker.supplied?.resource;
    this.#row = {
      attributes: resource
        ? `(o.attributes || ${this.#values.add(JSON.stringify(resource), 'jsonb')})`
        : 'o.attributes',
      id: 'o.external_id',
      type: this.#values.add(type, 'text'),
    };
    this.#filters = spec.attributes.map((filter) => attributeFilterSql(filter, this.#values));
    this.#check = spec.unchecked
      ? uncheckedObjects(asker, action)
      : objectCheck(asker, action, this.#row, this.#values);
    this.#wanted = this.#wantedSql();
    this.#type = this.#values.add(asker.held.typeId, 'int');
    this.#permission = this.#values.add(asker.held.permissionIds.get(action) ?? 0, 'int');
  }

  /** Whether there is no such action, or no rule that could allow it, so that the list is empty. */
  get isEmpty(): boolean {
    const { everywhere = false } = this.#check ?? {};
    const isOfType = this.#decidesOfType && everywhere !== false;
    return this.#check === null || !(isOfType || this.#isGranted || this.spec.asker.held.assignedOnObjects);
  }

  /** What a look-up by attributes would find, for each of the ways to look up; null where there is none. */
  get lookUps(): { readonly [way in keyof LookUps]: string | null } {
    const { everywhereIndexed = null, placedConditions = [] } = this.#check ?? {};
    const placed = placedConditions.map(({ indexed }) => indexed);
    return {
      narrowed: this.#filters.length > 0 ? this.#filters.map(({ indexed }) => indexed).join(' AND ') : null,
      everywhere: this.#decidesOfType ? everywhereIndexed : null,
      placed: placed.length > 0 && !placed.includes(null) ? `(${placed.join(' OR ')})` : null,
    };
  }

  /** How many objects a look-up would find, as the database's statistics say: one row with `QUERY PLAN`. */
  estimate(lookUp: string): BoundStatement {
    return this.#bound(` SELECT 1 FROM castellan.objects o WHERE ${lookUp}`, 'EXPLAIN (FORMAT JSON) ');
  }

  /** One row with `many`: whether more objects of the type than the threshold lie below the places of rules with conditions. */
  manyBelow(threshold: number): BoundStatement {
    const most = this.#values.add(threshold + 1, 'int');
    return this.#bound(` SELECT count(*) > ${this.#values.add(threshold, 'int')} AS many FROM (
    SELECT 1 FROM ${this.#placesBelow('some')} place JOIN castellan.ancestry an
      ON an.ancestor_id = place.id AND an.descendant_type_id = ${this.#type} LIMIT ${most}
  ) below`);
  }

  /** One page of rows ({@link ListRow}); one more than the limit where there are more. */
  page(lookUps: LookUps): BoundStatement {
    const after = this.#values.add(this.spec.after, 'bigint');
    const limit = this.#values.add(this.spec.limit + 1, 'int');
    const found = this.#sources(lookUps, after, limit).join('\n    UNION\n    ');
    return this.#bound(`, page AS MATERIALIZED (
  SELECT found.id FROM (
    ${found}
  ) found ORDER BY found.id LIMIT ${limit}
) ${PAGE_OF_OBJECTS} ORDER BY page.id`);
  }

  /** One row with `count`. */
  count(lookUps: LookUps): BoundStatement {
    const found = this.#sources(lookUps, this.#values.add('0', 'bigint'), 'ALL').join('\n    UNION\n    ');
    return this.#bound(` SELECT count(*)::text AS count FROM (
    ${found}
  ) found`);
  }

  // Whether a rule placed everywhere can be enough.
  get #decidesOfType(): boolean {
    const { mode, superuser } = this.spec.asker.held;
    return superuser || mode === 'union';
  }

  get #isGranted(): boolean {
    const { grantedOnObjects, permissionIds } = this.spec.asker.held;
    return grantedOnObjects.includes(permissionIds.get(this.spec.action) ?? 0);
  }

  #bound(body: string, prefix = ''): BoundStatement {
    const { principals, holders } = this.spec.asker.held;
    const acting = `SELECT ${this.#values.add(principals, 'int[]')} AS principals, ${this.#values.add(holders, 'int[]')} AS holders`;
    const text = `${prefix}WITH ${this.#values.typed}, acting AS MATERIALIZED (${acting})${body}`;
    return { statement: { text }, values: [...this.#values.values] };
  }

  #sources(lookUps: LookUps, after: string, limit: string): string[] {
    const { narrowed, everywhere, placed } = this.lookUps;
    const check = this.#check;
    if (!check) throw new RangeError('The type has no such action.');
    if (lookUps.narrowed && narrowed !== null) return [this.#lookedUp(narrowed, after, limit)];
    const sources: string[] = [];
    if (this.#decidesOfType && check.everywhere !== false) {
      const walked = `(SELECT o.id FROM castellan.objects o
      WHERE o.type_id = ${this.#type} AND o.id > ${after} AND ${String(check.everywhere)} AND ${this.#wanted}
      ORDER BY o.type_id, o.id LIMIT ${limit})`;
      if (check.everywhere === true) return [walked];
      sources.push(lookUps.everywhere && everywhere !== null ? this.#lookedUp(everywhere, after, limit) : walked);
    }
    const byAttributes = lookUps.placed && placed !== null;
    if (byAttributes) sources.push(this.#lookedUp(placed, after, limit));
    return [...sources, ...this.#placedSources(after, limit, byAttributes ? 'none' : 'any')];
  }

  // The sums keep the planner from reading the type's whole index beside the one of the attributes.
  #lookedUp(lookUp: string, after: string, limit: string): string {
    return `(SELECT o.id FROM castellan.objects o
      WHERE ${lookUp} AND o.type_id + 0 = ${this.#type} AND o.id + 0 > ${after} AND ${this.#wanted}
      ORDER BY o.id LIMIT ${limit})`;
  }

  #placedSources(after: string, limit: string, conditions: WhichConditions): string[] {
    const { assignedOnObjects } = this.spec.asker.held;
    const granted = `(SELECT own.id FROM acting CROSS JOIN LATERAL unnest(acting.holders) AS holder(id) CROSS JOIN LATERAL (
      SELECT DISTINCT g.place_id AS id FROM castellan.grants g JOIN castellan.objects o ON o.id = g.place_id AND o.type_id = ${this.#type}
      WHERE g.subject_id = holder.id AND g.permission_id = ${this.#permission} AND g.effect = 'allow'
        AND g.place_id > ${after} AND ${STANDS} AND ${this.#wanted}
      ORDER BY g.place_id LIMIT ${limit}
    ) own)`;
    const below = `(SELECT below.id FROM ${this.#placesBelow(conditions)} place CROSS JOIN LATERAL (
      SELECT an.descendant_id AS id FROM castellan.ancestry an JOIN castellan.objects o ON o.id = an.descendant_id
      WHERE an.ancestor_id = place.id AND an.descendant_type_id = ${this.#type} AND an.descendant_id > ${after} AND ${this.#wanted}
      ORDER BY an.descendant_id LIMIT ${limit}
    ) below)`;
    const assigned = `(SELECT o.id FROM (${this.#assignedPlaces('any')}) place JOIN castellan.objects o ON o.id = place.id
      WHERE o.type_id = ${this.#type} AND o.id > ${after} AND ${this.#wanted}
      ORDER BY o.id LIMIT ${limit})`;
    return [
      ...(this.#isGranted ? [granted] : []),
      ...(this.#isGranted || assignedOnObjects ? [below] : []),
      ...(assignedOnObjects ? [assigned] : []),
    ];
  }

  // The places of rules that allow, with objects below them.
  #placesBelow(conditions: WhichConditions): string {
    const granted = `SELECT g.place_id AS id FROM acting JOIN castellan.grants g
        ON g.subject_id = ANY(acting.holders) AND g.permission_id = ${this.#permission} AND g.reaches_below
      WHERE g.effect = 'allow' AND ${STANDS} AND ${having('g', conditions)}`;
    if (!this.spec.asker.held.assignedOnObjects) return `(${granted})`;
    return `(${granted}
      UNION
      ${this.#assignedPlaces(conditions)})`;
  }

  // The places at which a role counts that is assigned on an object.
  #assignedPlaces(conditions: WhichConditions): string {
    return `SELECT DISTINCT hr.place_id AS id FROM acting JOIN castellan.held_rules hr
      ON hr.holder_id = ANY(acting.principals) AND hr.permission_id = ${this.#permission} AND hr.assigned_on IS NOT NULL
      WHERE hr.effect = 'allow' AND hr.place_id <> 0 AND ${inWindow('hr')} AND ${having('hr', conditions)}`;
  }

  // What every object of the list must meet.
  #wantedSql(): string {
    const { action, viewable, attributes, unchecked } = this.spec;
    const parts = [this.#check?.allowed ?? 'false', ...this.#filters.map(({ holds }) => holds)];
    if (viewable && !unchecked) {
      // What may not be viewed can't be asked for either: its value would show in the answer.
      const fields = new Set(attributes.map(({ path }) => path[0]));
      for (const field of fields) parts.push(this.#viewSql(field));
      if (action !== 'view' && fields.size === 0) parts.push(this.#viewSql());
    }
    return parts.map((part) => `(${part})`).join(' AND ');
  }

  #viewSql(field?: string): string {
    return objectCheck(this.spec.asker, 'view', this.#row, this.#values, field)?.allowed ?? 'false';
  }
}

function having(rule: string, conditions: WhichConditions): string {
  return conditions === 'any' ? 'true' : `${rule}.condition IS ${conditions === 'some' ? 'NOT NULL' : 'NULL'}`;
}
