import type { ObjectRef, SubjectRef } from '../../core/model.js';

/** Puts conditions and their values together, after the values that a statement has anyway. */
export class FilterSql {
  readonly conditions: string[] = [];
  readonly values: unknown[] = [];

  /** @param first the number of the first value: `$4` for 4. */
  constructor(private readonly first: number) {}

  /** A placeholder for the value. */
  value(value: unknown): string {
    return `$${this.first - 1 + this.values.push(value)}`;
  }

  /** An expression for the internal id of a subject; null for one that there is not. */
  subjectId({ type, id }: SubjectRef): string {
    return `(SELECT fs.id FROM castellan.subjects fs WHERE fs.type = ${this.value(type)}::text AND fs.external_id = ${this.value(id)}::text)`;
  }

  /** An expression for the internal id of an object; null for one that there is not. */
  objectId({ type, id }: ObjectRef): string {
    return `(SELECT fo.id FROM castellan.objects fo JOIN castellan.types ft ON ft.id = fo.type_id
      WHERE ft.name = ${this.value(type)}::text AND fo.external_id = ${this.value(id)}::text)`;
  }

  get sql(): string {
    return this.conditions.map((condition) => ` AND ${condition}`).join('');
  }
}
