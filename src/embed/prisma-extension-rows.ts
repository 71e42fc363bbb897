import type { ObjectRef } from '../core/model.js';
import { misuse } from '../store/app-executor.js';
import type { Part } from './prisma-extension-call.js';
import { lowerFirst, type RowColumns } from './prisma-extension-models.js';
import type { WatchedModel } from './prisma-extension-nested.js';
import type { AuthzTransaction } from './transaction.js';

/** What every declaration says: which row it is that stands behind an id. */
export interface RowIdentity<Row extends object = Part> {
  /** The fields of the primary key; `id` when it is left out. */
  readonly key?: string | readonly string[] | undefined;
  /** The id by the row; the key, where that is one field. It must stay the same for as long as there is the row. */
  id?(this: void, row: Row): string;
}

/** A model whose rows are registered: as what, its subclasses say. */
export abstract class DeclaredModel implements WatchedModel {
  readonly #key: readonly string[];

  constructor(
    readonly name: string,
    private readonly columns: RowColumns,
    /** The type that its rows are of. */
    readonly type: string,
    private readonly identity: RowIdentity,
  ) {
    const { key = 'id', id } = identity;
    this.#key = typeof key === 'string' ? [key] : [...key];
    const missing = this.#key.find((field) => !columns.names.includes(field));
    if (missing !== undefined)
      throw misuse(`castellan(): ${name} has no field ${missing}: name those of its primary key as key.`);
    if (this.#key.length !== 1 && !id)
      throw misuse(`castellan(): the key of ${name} is not one field: say by id(row) what its id is.`);
  }

  /** Whether an update of a row may be one of what it is registered as. */
  abstract get follows(): boolean;

  /** @throws CastellanError as the writes of the transaction do. */
  abstract register(authz: AuthzTransaction, row: Part): Promise<void>;

  /** Does to what is registered what was done to its row; what was never registered stays so. @throws CastellanError as `register`. */
  abstract follow(authz: AuthzTransaction, row: Part): Promise<void>;

  /** @throws CastellanError as `register`, and `not_found`. */
  abstract unregister(authz: AuthzTransaction, row: Part): Promise<void>;

  /** Whether a row may get another id by an update with this data. */
  mayRename(data: unknown): boolean {
    if (this.identity.id) return true;
    return isPart(data) && this.#key.some((field) => data[field] !== undefined);
  }

  /** @throws CastellanError `internal` when the row does not say its id. */
  refOf(row: Part): ObjectRef {
    const { id } = this.identity;
    const { type } = this;
    const [field = ''] = this.#key;
    const value = id ? id(row) : row[field];
    if (typeof value === 'string') return { type, id: value };
    if (!id && (typeof value === 'number' || typeof value === 'bigint')) return { type, id: String(value) };
    throw misuse(`castellan(): a row of ${this.name} does not say its id as a text or a number: say it by id(row).`);
  }

  /** A condition for exactly these rows. */
  where(rows: readonly Part[]): Part {
    const [field] = this.#key;
    if (this.#key.length === 1 && field !== undefined) return { [field]: { in: rows.map((row) => row[field]) } };
    return { OR: rows.map((row) => Object.fromEntries(this.#key.map((name) => [name, row[name]]))) };
  }

  /** A text that is the same for the same row. */
  keyOf(row: Part): string {
    return JSON.stringify(this.#key.map((field) => String(row[field])));
  }

  /** All columns. */
  get select(): Part {
    return this.#each(true);
  }

  /** The arguments with every column asked for, and the columns to be taken out of the rows again. */
  widened(args: Part): { readonly args: Part; readonly extra: ReadonlySet<string> } {
    const { select, omit, ...rest } = args;
    if (isPart(select))
      return {
        args: { ...rest, select: { ...select, ...this.select } },
        extra: this.#where((field) => !select[field]),
      };
    const asked = isPart(omit) ? omit : {};
    return {
      // Also where nothing is left out here: the client may leave columns out by itself.
      args: { ...rest, omit: { ...asked, ...this.#each(false) } },
      extra: this.#where((field) => (field in asked ? asked[field] === true : this.columns.omitted.has(field))),
    };
  }

  /**
   * The row, if it is one with all columns: where one is missing, what is made of the row would be wrong.
   *
   * @throws CastellanError `internal`
   */
  whole(row: unknown): Part {
    return this.#having(this.columns.names, row);
  }

  /** The row, if it says which one it is. @throws CastellanError `internal` */
  identified(row: unknown): Part {
    return this.#having(this.identity.id ? this.columns.names : this.#key, row);
  }

  /** How the app writes to the model, for what it is told. */
  call(operation: string): string {
    return `${lowerFirst(this.name)}.${operation}()`;
  }

  #having(columns: readonly string[], row: unknown): Part {
    const missing = columns.find((field) => !isPart(row) || row[field] === undefined);
    if (missing === undefined) return row as Part;
    throw misuse(
      `castellan(): a row of ${this.name} came without ${missing}, so what it stands for is not known. Another extension takes it out: see docs/transactions.md, under The Prisma extension.`,
    );
  }

  #each(value: boolean): Part {
    return Object.fromEntries(this.columns.names.map((field) => [field, value]));
  }

  #where(condition: (field: string) => boolean): Set<string> {
    return new Set(this.columns.names.filter(condition));
  }
}

function isPart(value: unknown): value is Part {
  return typeof value === 'object' && value !== null;
}
