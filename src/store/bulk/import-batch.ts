import { randomBytes } from 'node:crypto';
import { variantOf } from '../records/grant-store.js';
import {
  jsonText,
  type BulkCount,
  type BulkCounts,
  type BulkKind,
  type BulkRow,
  type BulkRowOf,
  type PlacedRow,
} from './bulk-rows.js';
import { Staged } from './staging.js';

const GRANT = ['line', 'id', 'subject_type', 'subject_id', 'permission', 'object_type', 'object_id'];
const NO_OBJECT = '\\N\t\\N';

/** Rows that are imported together: in one transaction, with one row in the audit trail. */
export class ImportBatch {
  readonly types: PlacedRow<BulkRowOf<'type'>>[] = [];
  readonly roles: PlacedRow<BulkRowOf<'role'>>[] = [];
  readonly subjects = new Staged('import_subjects', [
    'line',
    'type',
    'external_id',
    'username',
    'email',
    'description',
    'active',
    'superuser',
    'attributes',
  ]);
  readonly objects = new Staged('import_objects', [
    'line',
    'type',
    'external_id',
    'parent_type',
    'parent_id',
    'attributes',
  ]);
  readonly memberships = new Staged('import_memberships', [
    'line',
    'group_id',
    'member_type',
    'member_id',
    'from_provider',
  ]);
  readonly assignments = new Staged('import_assignments', [
    'line',
    'id',
    'subject_type',
    'subject_id',
    'role',
    'object_type',
    'object_id',
    'starts_at',
    'expires_at',
  ]);
  readonly plainGrants = new Staged('import_grants', GRANT);
  readonly grants = new Staged('import_grants', [
    ...GRANT,
    'variant',
    'effect',
    'condition',
    'fields',
    'starts_at',
    'expires_at',
  ]);
  /** How many rows of each kind there are. */
  readonly rows = new Map<BulkKind, number>();
  /** Of each line of subjects, of what kind it is. */
  readonly subjectKinds = new Map<number, BulkKind>();
  readonly #ids = new IdSource();

  add(line: number, row: BulkRow): void {
    this.#count(row.kind);
    switch (row.kind) {
      case 'type':
        this.types.push({ line, row });
        break;
      case 'role':
        this.roles.push({ line, row });
        break;
      case 'user':
      case 'service':
      case 'group':
        this.#addSubject(line, row);
        break;
      case 'object':
        this.objects.add([line, row.type, row.id, row.parent?.type, row.parent?.id, jsonText(row.attributes)]);
        break;
      case 'membership':
        this.memberships.add([line, row.group, row.member.type, row.member.id, row.fromProvider ?? false]);
        break;
      case 'assignment':
        this.#addAssignment(line, row);
        break;
      case 'grant':
        this.#addGrant(line, row);
        break;
      default:
        row satisfies never;
    }
  }

  /**
   * Adds a grant that says no more than who may do what and where; none of its parts may hold a backslash or a control character.
   * `subject` and `object` are `type:id`; the type holds no colon.
   */
  addPlainGrant(line: number, subject: string, permission: string, object: string | undefined): void {
    this.#count('grant');
    this.plainGrants.addLine(
      `${line}\t${this.#ids.next()}\t${columnsOf(subject)}\t${permission}\t${object === undefined ? NO_OBJECT : columnsOf(object)}\n`,
    );
  }

  #addSubject(line: number, row: BulkRowOf<'user' | 'service'> | BulkRowOf<'group'>): void {
    this.subjectKinds.set(line, row.kind);
    if (row.kind === 'group') {
      this.subjects.add([line, 'group', row.id, null, null, row.description, null, null, null]);
      return;
    }
    const { kind, id, username, email, active, superuser, attributes } = row;
    this.subjects.add([line, kind, id, username, email, null, active, superuser, jsonText(attributes)]);
  }

  #addAssignment(line: number, row: BulkRowOf<'assignment'>): void {
    const { subject, role, object, startsAt, expiresAt } = row;
    const id = this.#ids.next();
    this.assignments.add([line, id, subject.type, subject.id, role, object?.type, object?.id, startsAt, expiresAt]);
  }

  #addGrant(line: number, row: BulkRowOf<'grant'>): void {
    const { subject, permission, object, effect = 'allow' } = row;
    const { condition = null, fields = null, startsAt = null, expiresAt = null } = row;
    this.grants.add([
      line,
      this.#ids.next(),
      subject.type,
      subject.id,
      permission,
      object?.type,
      object?.id,
      variantOf({ effect, condition, fields: fields && [...fields], startsAt, expiresAt }),
      effect,
      jsonText(condition),
      JSON.stringify(fields ?? []),
      startsAt,
      expiresAt,
    ]);
  }

  #count(kind: BulkKind): void {
    this.rows.set(kind, (this.rows.get(kind) ?? 0) + 1);
  }
}

function columnsOf(ref: string): string {
  const colon = ref.indexOf(':');
  return `${ref.slice(0, colon)}\t${ref.slice(colon + 1)}`;
}

let lastMs = 0;

/**
 * Ids of the form that time orders (UUID version 7), in the order in which they are asked for.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9562#section-5.7
 */
class IdSource {
  #prefix = '';
  #next = 0;
  #random = '';

  next(): string {
    // 14 bits of the counter follow the 12 of this prefix; the 48 that are left are random.
    const low = this.#next % 0x4000;
    if (low === 0) this.#renew();
    this.#next += 1;
    const at = low * 12;
    return `${this.#prefix}-${(0x8000 + low).toString(16)}-${this.#random.slice(at, at + 12)}`;
  }

  #renew(): void {
    lastMs = Math.max(lastMs + 1, Date.now());
    const time = lastMs.toString(16).padStart(12, '0');
    const start = randomBytes(2).readUInt16BE() % 0x1000;
    this.#prefix = `${time.slice(0, 8)}-${time.slice(8)}-7${start.toString(16).padStart(3, '0')}`;
    this.#random = randomBytes(0x4000 * 6).toString('hex');
  }
}

/** The counts of one kind that has none yet. */
export function noCount(): BulkCount {
  return { created: 0, updated: 0, unchanged: 0, rejected: 0 };
}

/** Adds counts to others. */
export function addCounts(to: BulkCounts, more: BulkCounts): void {
  for (const [kind, count] of Object.entries(more) as [BulkKind, BulkCount][]) {
    const sum = (to[kind] ??= noCount());
    for (const outcome of ['created', 'updated', 'unchanged', 'rejected'] as const) sum[outcome] += count[outcome];
  }
}
