import { BatchGrants } from './batch-grants.js';
import { jsonText, type BulkKind, type BulkRow, type BulkRowOf, type PlacedRow } from './bulk-rows.js';
import { Staged } from './staging.js';
import { TimeOrderedIds } from './time-ordered-ids.js';

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
  /** How many rows of each kind there are. */
  readonly rows = new Map<BulkKind, number>();
  /** Of each line of subjects, of what kind it is. */
  readonly subjectKinds = new Map<number, BulkKind>();
  readonly #ids = new TimeOrderedIds();
  readonly grants = new BatchGrants(this.#ids);

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
        this.grants.add(line, row);
        break;
      default:
        row satisfies never;
    }
  }

  /**
   * Adds a grant that says no more than who may do what and where; none of its parts may hold a control character.
   * `subject` and `object` are `type:id`; the type holds no colon.
   */
  addPlainGrant(line: number, subject: string, permission: string, object: string | undefined): void {
    this.#count('grant');
    this.grants.addPlain(line, subject, permission, object);
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

  #count(kind: BulkKind): void {
    this.rows.set(kind, (this.rows.get(kind) ?? 0) + 1);
  }
}
