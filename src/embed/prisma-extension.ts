import type { SubjectRef } from '../core/model.js';
import { currentRequest, runInRequest } from '../nest/current-request.js';
import {
  TransactionalCalls,
  type ExtendableClient,
  type OwnTransactionOptions,
  type Part,
  type PrismaCall,
} from './prisma-extension-call.js';
import { DeclaredObjects, type ModelDeclaration } from './prisma-extension-declared.js';
import { PrismaModels } from './prisma-extension-models.js';
import { refuseNestedWrites } from './prisma-extension-nested.js';
import type { DeclaredModel } from './prisma-extension-rows.js';
import { DeclaredUsers, type UserDeclaration } from './prisma-extension-users.js';
import { DeclaredWrites } from './prisma-extension-writes.js';
import { readRef, type RefLike } from './transaction-input.js';
import type { TransactionOpener } from './transaction.js';

export interface CastellanExtensionOptions<Rows extends Readonly<Record<string, object>>> {
  readonly authz: TransactionOpener;
  /** By the names that the models have in the schema. */
  readonly models: { readonly [Model in keyof Rows]: ModelDeclaration<Rows[Model]> | UserDeclaration<Rows[Model]> };
  /** Of the transaction that an operation gets when it is in none. */
  readonly transaction?: OwnTransactionOptions;
}

// oxlint-disable-next-line typescript/no-generated-empty-object-type -- it is what Prisma calls an extension that adds nothing
type Nothing = Record<never, never>;

/** An extension as `$extends` takes it, that leaves the client's types as they are. */
export type CastellanExtension = (client: object) => {
  $extends: { extArgs: { result: Nothing; model: Nothing; query: Nothing; client: Nothing } };
};

const READS = new Set([
  'findUnique',
  'findUniqueOrThrow',
  'findFirst',
  'findFirstOrThrow',
  'findMany',
  'count',
  'aggregate',
  'groupBy',
]);

/**
 * An extension for an app's own Prisma client: what is made, changed and removed of the declared models, whose rows are objects or
 * users, is registered with Castellan in the same transaction. The creator is whoever makes the current request, or who is named by {@link as castellan.as}. What can't be done in one transaction is refused.
 *
 * @example
 * const prisma = new PrismaClient({ adapter }).$extends(
 *   castellan({ authz, models: { Post: { type: 'post', parent: (row: Post) => `blog:${row.blogId}` } } }),
 * );
 */
export function castellan<Rows extends Readonly<Record<string, object>>>(
  options: CastellanExtensionOptions<Rows>,
): CastellanExtension {
  return (client) =>
    extend(client as ExtendableClient, options as unknown as AnyOptions) as unknown as ReturnType<CastellanExtension>;
}

type AnyOptions = CastellanExtensionOptions<Record<string, Part>>;

function extend(client: ExtendableClient, { authz, models, transaction = {} }: AnyOptions): ExtendableClient {
  authz.followRequests?.();
  const described = new PrismaModels(client);
  const declared = new Map(
    Object.entries(models).map(([name, declaration]) => {
      described.require(name);
      const columns = described.columns(name);
      const model: DeclaredModel =
        'subject' in declaration
          ? new DeclaredUsers(name, columns, declaration)
          : new DeclaredObjects(name, columns, declaration);
      return [name, model] as const;
    }),
  );
  const calls = new TransactionalCalls(client, transaction);
  return client.$extends({
    name: 'castellan',
    query: {
      $allModels: {
        $allOperations: async (call: PrismaCall) => {
          const { model, operation, query } = call;
          const args = call.args ?? {};
          if (READS.has(operation)) return query(args);
          refuseNestedWrites(described, declared, model, args);
          const declaration = declared.get(model);
          if (!declaration) return query(args);
          return new DeclaredWrites(calls, authz, declaration).carryOut({ ...call, args });
        },
      },
    },
  });
}

/**
 * Runs the work, and all that it starts, on behalf of the subject: where there is no request, as in a job or a script.
 *
 * @throws CastellanError `invalid_request`; and as the work does.
 * @example
 * await castellan.as('service:import', () => prisma.post.create({ data }));
 */
castellan.as = function as<Result>(subject: RefLike, work: () => Result): Result {
  const named: SubjectRef = readRef(subject, 'subject');
  // A promise of Prisma sends nothing before it is awaited: that has to happen on behalf of the subject, too.
  return runInRequest({ subject: named, requestId: currentRequest()?.requestId }, () => started(work()));
};

function started<Result>(result: Result): Result {
  const lazy = result as { [Symbol.toStringTag]?: string; then?: unknown } | null;
  if (lazy?.[Symbol.toStringTag] !== 'PrismaPromise') return result;
  return Promise.resolve(result) as Result;
}
