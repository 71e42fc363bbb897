import { misuse, type PrismaTransactionClient } from '../store/app-executor.js';
import { lowerFirst, type DescribedClient } from './prisma-extension-models.js';
import { takesTurnsIn } from './transaction-turns.js';

/** The arguments or the row of an operation. */
export type Part = Readonly<Record<string, unknown>>;

/** What Prisma tells a query extension of one operation. */
export interface PrismaCall {
  readonly model: string;
  readonly operation: string;
  readonly args: Part;
  query(this: void, args: Part, params?: CallParams): PromiseLike<unknown>;
  readonly __internalParams?: CallParams;
}

interface CallParams {
  readonly dataPath?: readonly string[];
  readonly transaction?: { readonly kind?: string } | undefined;
}

/** A promise of Prisma: nothing is sent before it is awaited, and it can be told in which transaction. */
interface PrismaPromise extends PromiseLike<unknown> {
  requestTransaction(transaction: object): PromiseLike<unknown>;
}

/** What is used of the client that is extended. */
export interface ExtendableClient extends DescribedClient {
  $extends(extension: object): ExtendableClient;
  $transaction<Result>(work: (tx: PrismaTransactionClient) => Promise<Result>, options?: object): Promise<Result>;
  $queryRawUnsafe(text: string, ...values: unknown[]): PromiseLike<unknown>;
}

/** How long the transaction of one operation may wait for a connection, and take; in milliseconds. */
export interface OwnTransactionOptions {
  readonly maxWait?: number | undefined;
  readonly timeout?: number | undefined;
}

/** One operation inside a transaction: it, what else is asked of its model, and plain SQL. */
export interface CallInTransaction {
  readonly client: PrismaTransactionClient;
  /** Whether the app began the transaction itself, and may go on with it after an error. */
  readonly isApps: boolean;
  /** Runs the operation with these arguments. */
  run(args: Part): Promise<unknown>;
  /** Reads rows of the operation's model. */
  find(operation: 'findUnique' | 'findMany', args: Part): Promise<unknown>;
}

/**
 * Runs operations of a client in transactions. Prisma binds the client that an extension is given to no transaction at all: what it is asked to
 * do goes out on another connection, past the transaction that the operation is in. So it is told the transaction each time.
 */
export class TransactionalCalls {
  readonly #clients = new WeakMap<object, PrismaTransactionClient>();
  readonly #telling: ExtendableClient;

  constructor(
    private readonly base: ExtendableClient,
    private readonly options: OwnTransactionOptions,
  ) {
    // Prisma tells which transaction it is to its query extensions alone.
    this.#telling = base.$extends({
      query: { $queryRawUnsafe: ({ __internalParams }: PrismaCall) => __internalParams?.transaction },
    });
  }

  /**
   * Runs the work in the transaction that the operation is in, or in one of its own.
   *
   * @throws CastellanError `internal` where there can be no such transaction; and as the work does.
   */
  async run<Result>(call: PrismaCall, work: (inside: CallInTransaction) => Promise<Result>): Promise<Result> {
    const { __internalParams: told } = call;
    const { dataPath = [], transaction } = told ?? {};
    const name = `${lowerFirst(call.model)}.${call.operation}`;
    if (dataPath.length > 0)
      throw misuse(
        `${name}() does not give the row when a relation is asked of it: await it, and ask for the relation by include.`,
      );
    if (transaction?.kind === 'itx') return work(this.#inside(call, transaction, true));
    if (transaction)
      throw misuse(`${name}() can't register its objects in $transaction([…]): use $transaction(async (tx) => …).`);
    const { maxWait, timeout } = this.options;
    return this.#telling.$transaction(
      async (tx) => {
        const own = (await tx.$queryRawUnsafe('SELECT')) as { kind?: string } | undefined;
        if (own?.kind !== 'itx')
          throw misuse('This version of Prisma does not tell its transactions: castellan() is made for Prisma 7.');
        return work(this.#inside(call, own, false));
      },
      {
        isolationLevel: 'ReadCommitted',
        ...(maxWait === undefined ? {} : { maxWait }),
        ...(timeout === undefined ? {} : { timeout }),
      },
    );
  }

  #inside(call: PrismaCall, transaction: object, isApps: boolean): CallInTransaction {
    const { __internalParams: told } = call;
    const delegate = (this.base as unknown as Record<string, Record<string, (args: Part) => PrismaPromise>>)[
      lowerFirst(call.model)
    ];
    return {
      client: this.#clientOf(transaction),
      isApps,
      run: async (args) => call.query(args, { ...told, transaction }),
      find: async (operation, args) => delegate?.[operation]?.(args).requestTransaction(transaction),
    };
  }

  #clientOf(transaction: object): PrismaTransactionClient {
    let client = this.#clients.get(transaction);
    if (!client) {
      client = {
        $queryRawUnsafe: (text, ...values) =>
          (this.base.$queryRawUnsafe(text, ...values) as PrismaPromise).requestTransaction(transaction),
      };
      takesTurnsIn(client, transaction);
      this.#clients.set(transaction, client);
    }
    return client;
  }
}
