import type { AppTransactionClient } from '../store/app-executor.js';

// Under these Prisma tells of an interactive transaction's client, and of those that are made of it, which transaction it is: of 7, and of those before.
const SCOPE = Symbol.for('prisma.client.transaction.scope_context');
const ID = Symbol.for('prisma.client.transaction.id');

// The last call of each: of a transaction that is told, for as long as one is under way, or of the client that stands for it.
const ofTransactions = new Map<string, Promise<unknown>>();
const ofClients = new WeakMap<object, Promise<unknown>>();
const transactionsOfClients = new WeakMap<object, string>();

/** Lets the client take turns with all others of this transaction of Prisma. */
export function takesTurnsIn(client: AppTransactionClient, transaction: { readonly id?: unknown }): void {
  if (typeof transaction.id === 'string') transactionsOfClients.set(client, transaction.id);
}

/** Does the work once all is done that the same transaction was asked before: what one write finds free, the next must not find free as well. */
export function inTurn<Result>(client: AppTransactionClient, work: () => Promise<Result>): Promise<Result> {
  const id = transactionOf(client);
  const before = id === undefined ? ofClients.get(client) : ofTransactions.get(id);
  const turn = (before ?? Promise.resolve()).then(work);
  const settled = turn.then(
    () => {},
    () => {},
  );
  if (id === undefined) ofClients.set(client, settled);
  else {
    ofTransactions.set(id, settled);
    void settled.then(() => {
      if (ofTransactions.get(id) === settled) ofTransactions.delete(id);
    });
  }
  return turn;
}

function transactionOf(client: AppTransactionClient): string | undefined {
  const { [SCOPE]: scope, [ID]: id } = client as { readonly [SCOPE]?: { txId?: unknown }; readonly [ID]?: unknown };
  const told = transactionsOfClients.get(client) ?? scope?.txId ?? id;
  return typeof told === 'string' ? told : undefined;
}
