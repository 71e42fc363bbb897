import { Tokens, type TokenHolder } from '../core/ports/tokens.js';
import type { SqlExecutor, Statement } from './executor.js';
import { ONE_STATEMENT, SharedStatement, type Asking } from './shared-statement.js';
import type { QuestionLoad } from './store-load.js';

const HOLDER = `SELECT t.hash, t.id::text AS token_id, t.permissions, s.type, s.external_id
    FROM castellan.tokens t JOIN castellan.subjects s ON s.id = t.subject_id`;
const STANDS = 's.active AND (t.expires_at IS NULL OR t.expires_at > now())';

export const HOLDER_OF_ONE: Statement = {
  name: 'castellan_token_holder',
  text: `${HOLDER} WHERE t.hash = $1 AND ${STANDS}`,
};

export const HOLDERS_OF_MANY: Statement = {
  name: 'castellan_token_holders',
  text: `${HOLDER} WHERE t.hash = ANY($1::text[]) AND ${STANDS}`,
};

interface HolderRow {
  readonly hash: string;
  readonly token_id: string;
  readonly permissions: string[] | null;
  readonly type: string;
  readonly external_id: string;
}

/** Looks tokens up by their hashes; it is asked on every request that brings one, so those questions share statements. */
export class PostgresTokens extends Tokens {
  readonly #holders: SharedStatement<string, TokenHolder | null>;

  constructor(sql: SqlExecutor) {
    super();
    const asking: Asking<string, TokenHolder | null> = {
      one: async (hash) => holderIn((await sql.query<HolderRow>(HOLDER_OF_ONE, [hash]))[0]),
      many: async (hashes) => {
        const rows = await sql.query<HolderRow>(HOLDERS_OF_MANY, [[...new Set(hashes)]]);
        const byHash = new Map(rows.map((row) => [row.hash, row]));
        return hashes.map((hash) => holderIn(byHash.get(hash)));
      },
    };
    this.#holders = new SharedStatement(asking, ONE_STATEMENT);
  }

  get load(): QuestionLoad {
    return this.#holders.load;
  }

  holderOf(hash: string): Promise<TokenHolder | null> {
    return this.#holders.ask(hash);
  }
}

function holderIn(row: HolderRow | undefined): TokenHolder | null {
  if (!row) return null;
  return { tokenId: row.token_id, subject: { type: row.type, id: row.external_id }, permissions: row.permissions };
}
