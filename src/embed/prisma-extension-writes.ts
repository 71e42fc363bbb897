import { CastellanError } from '../core/errors.js';
import { misuse } from '../store/app-executor.js';
import type { CallInTransaction, Part, PrismaCall, TransactionalCalls } from './prisma-extension-call.js';
import type { DeclaredModel } from './prisma-extension-rows.js';
import { spoilTransaction, type AuthzTransaction, type TransactionOpener } from './transaction.js';

/** An operation, the transaction that it is in, and Castellan in the same transaction. */
interface Inside extends CallInTransaction {
  readonly authz: AuthzTransaction;
  readonly args: Part;
}

// No statement is to name more rows than this.
const AT_ONCE = 1000;

/** Carries out what is written to one declared model, and does the same to what its rows are registered as. */
export class DeclaredWrites {
  constructor(
    private readonly calls: TransactionalCalls,
    private readonly authz: TransactionOpener,
    private readonly model: DeclaredModel,
  ) {}

  /** @throws CastellanError as the writes of objects and users do, and `internal` for what can't be done; whatever the operation throws. */
  carryOut(call: PrismaCall): Promise<unknown> {
    const { operation } = call;
    switch (operation) {
      case 'create':
        return this.#inside(call, (inside) => this.#createOne(inside));
      case 'createManyAndReturn':
        return this.#inside(call, (inside) => this.#createMany(inside));
      case 'upsert':
        return this.#inside(call, (inside) => this.#upsert(inside));
      case 'update':
        return this.#inside(call, (inside) => this.#updateOne(inside));
      case 'updateManyAndReturn':
        return this.#inside(call, (inside) => this.#updateMany(inside));
      case 'delete':
        return this.#inside(call, (inside) => this.#deleteOne(inside));
      case 'deleteMany':
        return this.#inside(call, (inside) => this.#deleteMany(inside));
      case 'updateMany':
        if (!this.model.follows && !this.model.mayRename(call.args['data']))
          return Promise.resolve(call.query(call.args));
        return Promise.reject(this.#unseen(operation, 'updateManyAndReturn'));
      case 'createMany':
        return Promise.reject(this.#unseen(operation, 'createManyAndReturn'));
      default:
        return Promise.reject(
          misuse(`${this.model.call(operation)} can't be told to Castellan, and is not carried out.`),
        );
    }
  }

  #unseen(operation: string, instead: string): CastellanError {
    return misuse(
      `${this.model.call(operation)} does not say which rows it wrote, so their objects would not follow: use ${this.model.call(instead)}.`,
    );
  }

  #inside(call: PrismaCall, work: (inside: Inside) => Promise<unknown>): Promise<unknown> {
    return this.calls.run(call, async (inside) => {
      // Before anything is written: it may be refused.
      const authz = this.authz.with(inside.client);
      try {
        return await work({ ...inside, authz, args: call.args });
      } catch (error) {
        // The app may catch it, and commit the rows without their objects.
        if (inside.isApps) await spoilTransaction(inside.client);
        throw error;
      }
    });
  }

  async #createOne(inside: Inside): Promise<unknown> {
    const { row, shown } = await this.#runOne(inside);
    await this.#register(inside, row);
    return shown;
  }

  async #createMany(inside: Inside): Promise<unknown> {
    const { rows, shown } = await this.#runMany(inside);
    await inPasses(rows, 'unknown_reference', (row) => this.#register(inside, row));
    return shown;
  }

  async #upsert(inside: Inside): Promise<unknown> {
    const before = await this.#findOne(inside, inside.args['where']);
    const { row, shown } = await this.#runOne(inside);
    if (before) await this.#follow(inside, row, before);
    else await this.#register(inside, row);
    return shown;
  }

  async #updateOne(inside: Inside): Promise<unknown> {
    const { where, data } = inside.args;
    const before = this.model.mayRename(data) ? await this.#findOne(inside, where) : null;
    const { row, shown } = await this.#runOne(inside);
    await this.#follow(inside, row, before ?? row);
    return shown;
  }

  async #updateMany(inside: Inside): Promise<unknown> {
    const { where = {}, data } = inside.args;
    const renames = this.model.mayRename(data);
    const found = renames ? await this.#findMany(inside, { where }) : [];
    const before = new Map(found.map((row) => [this.model.keyOf(row), row]));
    const { rows, shown } = await this.#runMany(inside);
    for (const row of rows) {
      const was = renames ? before.get(this.model.keyOf(row)) : row;
      if (!was) throw this.#renamed();
      await this.#follow(inside, row, was);
    }
    return shown;
  }

  async #deleteOne(inside: Inside): Promise<unknown> {
    const { row, shown } = await this.#runOne(inside);
    await this.#unregister(inside, row);
    return shown;
  }

  // Only rows that were seen are deleted: one that comes in between would go without its object.
  async #deleteMany(inside: Inside): Promise<unknown> {
    const { where = {}, limit, ...rest } = inside.args;
    const { model } = this;
    const take = limit === undefined ? {} : { take: limit };
    const found = await this.#findMany(inside, { where, ...take });
    const gone: Part[] = [];
    for (let start = 0; start < found.length; start += AT_ONCE) {
      const rows = found.slice(start, start + AT_ONCE);
      await inside.run({ ...rest, where: { AND: [where, model.where(rows)] } });
      // What another transaction has changed meanwhile may stand: it is no row of these any more.
      const left = await this.#findMany(inside, { where: model.where(rows) });
      const standing = new Set(left.map((row) => model.keyOf(row)));
      gone.push(...rows.filter((row) => !standing.has(model.keyOf(row))));
    }
    await inPasses(gone, 'has_children', (row) => this.#unregister(inside, row));
    return { count: gone.length };
  }

  #register({ authz }: Inside, row: Part): Promise<void> {
    return this.model.register(authz, row);
  }

  async #follow({ authz }: Inside, row: Part, before: Part): Promise<void> {
    if (this.model.refOf(before).id !== this.model.refOf(row).id) throw this.#renamed();
    if (this.model.follows) await this.model.follow(authz, row);
  }

  async #unregister({ authz }: Inside, row: Part): Promise<void> {
    try {
      await this.model.unregister(authz, row);
    } catch (error) {
      // It was never registered, or went along with one above it.
      if (!isRefusal(error, 'not_found')) throw error;
    }
  }

  #renamed(): CastellanError {
    return misuse(
      `A row of ${this.model.name} would get another id, and what was granted on it would be lost: make a new one, and delete the old.`,
    );
  }

  async #runOne(inside: Inside): Promise<{ row: Part; shown: unknown }> {
    const { args, extra } = this.model.widened(inside.args);
    const row = this.model.whole(await inside.run(args));
    return { row, shown: without(row, extra) };
  }

  async #runMany(inside: Inside): Promise<{ rows: Part[]; shown: unknown }> {
    const { args, extra } = this.model.widened(inside.args);
    const rows = ((await inside.run(args)) as unknown[]).map((row) => this.model.whole(row));
    return { rows, shown: rows.map((row) => without(row, extra)) };
  }

  async #findOne(inside: Inside, where: unknown): Promise<Part | null> {
    const row = await inside.find('findUnique', { where, select: this.model.select });
    return row === null ? null : this.model.identified(row);
  }

  async #findMany(inside: Inside, args: Part): Promise<Part[]> {
    const rows = (await inside.find('findMany', { ...args, select: this.model.select })) as unknown[];
    return rows.map((row) => this.model.identified(row));
  }
}

// Out of sight, and still there for the app's own computed fields.
function without(row: Part, extra: ReadonlySet<string>): Part {
  if (extra.size === 0) return row;
  const shown = { ...row };
  for (const name of extra) Object.defineProperty(shown, name, { enumerable: false });
  return shown;
}

function isRefusal(error: unknown, code: CastellanError['code']): boolean {
  return error instanceof CastellanError && error.code === code;
}

/** Does the work for each, and again for those that were refused so, for as long as that helps: rows come in any order, and some stand below others. */
async function inPasses(
  rows: readonly Part[],
  code: CastellanError['code'],
  work: (row: Part) => Promise<void>,
): Promise<void> {
  let waiting = rows;
  while (waiting.length > 0) {
    const refused: { row: Part; error: unknown }[] = [];
    for (const row of waiting) {
      try {
        await work(row);
      } catch (error) {
        if (!isRefusal(error, code)) throw error;
        refused.push({ row, error });
      }
    }
    if (refused.length === waiting.length) throw refused[0]?.error;
    waiting = refused.map(({ row }) => row);
  }
}
