import { refName } from '../../core/model.js';
import { variantOf } from '../records/grant-store.js';
import { jsonText, type BulkRowOf } from './bulk-rows.js';
import type { CopyValue } from './copy-text.js';
import { Names } from './names.js';
import { ID_BYTES, type TimeOrderedIds } from './time-ordered-ids.js';

/** What a grant says beside who may do what, and where: the columns of {@link RULE_COLUMNS}. */
export type RuleValues = readonly CopyValue[];
export const RULE_COLUMNS = ['variant', 'effect', 'condition', 'fields', 'starts_at', 'expires_at'] as const;

/** The number of a grant's object where it is for everywhere. */
export const EVERYWHERE = -1;

/** The grants of a batch, in the order of their lines: what each refers to by the numbers of names, and its id. */
export class BatchGrants {
  readonly subjects = new Names();
  readonly permissions = new Names();
  readonly objects = new Names();
  /** Of each grant. */
  readonly lines: number[] = [];
  readonly subjectOf: number[] = [];
  readonly permissionOf: number[] = [];
  readonly objectOf: number[] = [];
  /** Of those that say more than who may do what, and where. */
  readonly rules = new Map<number, RuleValues>();
  #ids = Buffer.alloc(1024 * ID_BYTES);

  constructor(private readonly idSource: TimeOrderedIds) {}

  get rows(): number {
    return this.lines.length;
  }

  /** The ids of all, one behind the other. */
  get ids(): Buffer {
    return this.#ids;
  }

  /** `subject` and `object` are `type:id`; the type holds no colon, and no part a control character. */
  addPlain(line: number, subject: string, permission: string, object: string | undefined): void {
    const at = this.lines.length * ID_BYTES;
    if (at === this.#ids.length) this.#ids = Buffer.concat([this.#ids, Buffer.alloc(at)]);
    this.idSource.write(this.#ids, at);
    this.lines.push(line);
    this.subjectOf.push(this.subjects.numberOf(subject));
    this.permissionOf.push(this.permissions.numberOf(permission));
    this.objectOf.push(object === undefined ? EVERYWHERE : this.objects.numberOf(object));
  }

  add(line: number, row: BulkRowOf<'grant'>): void {
    const { subject, permission, object, effect = 'allow' } = row;
    const { condition = null, fields = null, startsAt = null, expiresAt = null } = row;
    const variant = variantOf({ effect, condition, fields: fields && [...fields], startsAt, expiresAt });
    if (variant !== '') {
      const values = [variant, effect, jsonText(condition), arrayText(fields ?? []), startsAt, expiresAt];
      this.rules.set(this.rows, values);
    }
    this.addPlain(line, refName(subject), permission, object ? refName(object) : undefined);
  }
}

/**
 * An array as Postgres reads it.
 *
 * @see https://www.postgresql.org/docs/current/arrays.html#ARRAYS-IO
 */
function arrayText(values: readonly string[]): string {
  return `{${values.map((value) => `"${value.replace(/["\\]/g, String.raw`\$&`)}"`).join(',')}}`;
}
