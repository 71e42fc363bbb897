import { codesOf, SQLSTATE } from '../database-errors.js';
import { run } from '../doctor-check.js';
import type { SqlExecutor } from '../executor.js';

const NOT_HELD: ReadonlySet<string> = new Set([SQLSTATE.insufficientPrivilege, SQLSTATE.lockNotAvailable]);

/**
 * Asked for each row by itself, as foreign keys are, whether what it refers to is there costs more than all the rest. It is looked up for all
 * rows of a batch anyway; so where nobody can take any of it away before the transaction ends, the same is not asked again. That takes a role that
 * may say so (a superuser, as the embedded database's is), and tables that nobody is just working on. Answers whether it is so; else
 * keys are asked as usual.
 */
export async function holdReferences(sql: SqlExecutor): Promise<boolean> {
  await run(sql, 'SAVEPOINT before_references');
  try {
    await run(sql, 'LOCK TABLE castellan.subjects, castellan.permissions, castellan.objects IN SHARE MODE NOWAIT');
    await run(sql, 'SET LOCAL session_replication_role = replica');
    return true;
  } catch (error) {
    if (!codesOf(error).some((code) => NOT_HELD.has(code))) throw error;
    // Without the savepoint, the error would end the transaction.
    await run(sql, 'ROLLBACK TO SAVEPOINT before_references');
    return false;
  }
}
