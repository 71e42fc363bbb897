import type { Effect, Json, JsonObject, ObjectRef, SubjectRef } from '../../core/model.js';

/** The kinds of rows that are imported and dumped, each after those that it may refer to. */
export const BULK_KINDS = [
  'type',
  'user',
  'service',
  'group',
  'role',
  'object',
  'membership',
  'assignment',
  'grant',
] as const;
export type BulkKind = (typeof BULK_KINDS)[number];

/** When something counts; ISO 8601 in UTC. What is absent or null is open. */
interface Window {
  readonly startsAt?: string | null | undefined;
  readonly expiresAt?: string | null | undefined;
}

/** A rule as a row says it. */
export interface BulkRule {
  readonly permission: string;
  readonly effect?: Effect | undefined;
  readonly condition?: JsonObject | null | undefined;
  readonly fields?: readonly string[] | null | undefined;
}

/** One row of an import, checked in itself. What it leaves out is made as it usually is, and not compared with what stands. */
export type BulkRow =
  | {
      readonly kind: 'type';
      readonly id: string;
      readonly actions?: readonly string[] | undefined;
      readonly creatorActions?: readonly string[] | undefined;
      readonly mode?: string | undefined;
    }
  | {
      readonly kind: 'user' | 'service';
      readonly id: string;
      readonly username?: string | undefined;
      readonly email?: string | null | undefined;
      readonly active?: boolean | undefined;
      readonly superuser?: boolean | undefined;
      readonly attributes?: JsonObject | undefined;
    }
  | { readonly kind: 'group'; readonly id: string; readonly description?: string | null | undefined }
  | {
      readonly kind: 'role';
      readonly id: string;
      readonly description?: string | null | undefined;
      readonly rules?: readonly BulkRule[] | undefined;
      readonly includes?: readonly string[] | undefined;
    }
  | {
      readonly kind: 'object';
      readonly type: string;
      readonly id: string;
      readonly parent?: ObjectRef | null | undefined;
      readonly attributes?: JsonObject | undefined;
    }
  | {
      readonly kind: 'membership';
      readonly group: string;
      readonly member: SubjectRef;
      /** The identity provider said so, and may say otherwise. */
      readonly fromProvider?: boolean | undefined;
    }
  | ({
      readonly kind: 'assignment';
      readonly subject: SubjectRef;
      readonly role: string;
      readonly object?: ObjectRef | null | undefined;
    } & Window)
  | ({
      readonly kind: 'grant';
      readonly subject: SubjectRef;
      readonly object?: ObjectRef | null | undefined;
    } & BulkRule &
      Window);

export type BulkRowOf<Kind extends BulkKind> = Extract<BulkRow, { readonly kind: Kind }>;

/** Why a row was not taken: its line, a code of the error catalogue, and the reason in words. */
export interface Reject {
  readonly line: number;
  readonly code: string;
  readonly reason: string;
}

/** What became of the rows of one kind. */
export interface BulkCount {
  readonly created: number;
  readonly updated: number;
  readonly unchanged: number;
  readonly rejected: number;
}
export type BulkCounts = Partial<Record<BulkKind, BulkCount>>;

/** What became of rows of one kind, and of those that were not taken, why. */
export interface Outcome {
  readonly created: number;
  readonly updated?: number;
  readonly rejects: readonly Reject[];
}

/** A row, and where it stands in its file. */
export interface PlacedRow<Row> {
  readonly line: number;
  readonly row: Row;
}

/** A JSON value as text for a column, or null for what is left out. */
export function jsonText(value: Json | undefined): string | null {
  return value === undefined || value === null ? null : JSON.stringify(value);
}
