import type pg from 'pg';
import { EVERYWHERE, RULE_COLUMNS } from './batch-grants.js';
import { copyLine } from './copy-text.js';
import type { PlacedGrants } from './placed-grants.js';
import { copyInto } from './staging.js';
import { ID_BYTES } from './time-ordered-ids.js';

const COLUMNS = ['id', 'subject_id', 'permission_id', 'object_id', 'reaches_below'];
const NULL = 0xffffffff;
const NONE_LEFT = 0xffff;

// The signature, no flags, nothing more of a header.
const HEADER = Buffer.concat([Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1'), Buffer.alloc(8)]);
// Each column after its size in four bytes, all of them after their number in two.
const MOST_BYTES = 2 + 5 * 4 + ID_BYTES + 4 + 4 + 8 + 1;
const ROWS_AT_ONCE = 1024;

/** Copies grants into a table that has the columns of castellan.grants: how many it took. */
export async function copyGrants(client: pg.Client, table: string, placed: PlacedGrants): Promise<number> {
  const { rules } = placed.grants;
  const plain = rules.size === 0 ? placed.fit : placed.fit.filter((n) => !rules.has(n));
  let taken = 0;
  if (plain.length > 0) {
    const copy = `COPY ${table} (${COLUMNS.join(', ')}) FROM STDIN (FORMAT binary)`;
    taken += await copyInto(client, copy, binaryRows(placed, plain));
  }
  const others = placed.fit.filter((n) => rules.has(n));
  if (others.length > 0) {
    const copy = `COPY ${table} (${[...COLUMNS, ...RULE_COLUMNS].join(', ')}) FROM STDIN`;
    taken += await copyInto(client, copy, [Buffer.from(others.map((n) => textRow(placed, n)).join(''))]);
  }
  return taken;
}

function textRow({ grants, subjectIds, permissionIds, objectIds, reaching }: PlacedGrants, n: number): string {
  const object = objectIds[grants.objectOf[n] ?? EVERYWHERE];
  return copyLine([
    grants.ids.toString('hex', n * ID_BYTES, (n + 1) * ID_BYTES),
    subjectIds[grants.subjectOf[n] ?? 0],
    permissionIds[grants.permissionOf[n] ?? 0],
    object,
    object !== undefined && reaching.has(object),
    ...(grants.rules.get(n) ?? []),
  ]);
}

/**
 * Rows in COPY's binary format, which Postgres reads faster than text.
 *
 * @see https://www.postgresql.org/docs/current/sql-copy.html
 */
function* binaryRows(placed: PlacedGrants, rows: readonly number[]): Generator<Buffer> {
  yield HEADER;
  for (let start = 0; start < rows.length; start += ROWS_AT_ONCE) {
    const part = rows.slice(start, start + ROWS_AT_ONCE);
    const bytes = Buffer.allocUnsafe(part.length * MOST_BYTES);
    let end = 0;
    for (const n of part) end = writeRow(bytes, end, placed, n);
    yield bytes.subarray(0, end);
  }
  const trailer = Buffer.alloc(2);
  trailer.writeUInt16BE(NONE_LEFT);
  yield trailer;
}

function writeRow(bytes: Buffer, start: number, placed: PlacedGrants, n: number): number {
  const { grants } = placed;
  const object = placed.objectIds[grants.objectOf[n] ?? EVERYWHERE];
  let at = bytes.writeUInt16BE(COLUMNS.length, start);
  at = bytes.writeUInt32BE(ID_BYTES, at);
  const { ids } = grants;
  for (let from = n * ID_BYTES, end = from + ID_BYTES; from < end; from += 1, at += 1) bytes[at] = ids[from] ?? 0;
  at = writeInt(bytes, at, placed.subjectIds[grants.subjectOf[n] ?? 0] ?? 0);
  at = writeInt(bytes, at, placed.permissionIds[grants.permissionOf[n] ?? 0] ?? 0);
  at = object === undefined ? bytes.writeUInt32BE(NULL, at) : writeBigint(bytes, at, object);
  at = bytes.writeUInt32BE(1, at);
  return bytes.writeUInt8(object !== undefined && placed.reaching.has(object) ? 1 : 0, at);
}

function writeInt(bytes: Buffer, at: number, value: number): number {
  return bytes.writeInt32BE(value, bytes.writeUInt32BE(4, at));
}

// Internal ids of objects count up from 1, and never reach what a number can't hold.
function writeBigint(bytes: Buffer, at: number, value: number): number {
  const high = bytes.writeUInt32BE(Math.floor(value / 2 ** 32), bytes.writeUInt32BE(8, at));
  return bytes.writeUInt32BE(value % 2 ** 32, high);
}
