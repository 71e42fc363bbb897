import { describe, expect, it } from 'vitest';
import type { PrismaTransactionClient } from '../store/app-executor.js';
import { takesTurnsIn } from './transaction-turns.js';
import { openTransaction } from './transaction.js';

const SCOPE = Symbol.for('prisma.client.transaction.scope_context');
const author = { subject: { type: 'user', id: 'alice' }, operator: false, requestId: '' };

/** A client of Prisma that answers nothing, and tells when each statement begins and ends. */
function telling(told: string[], name: string, more: object = {}): PrismaTransactionClient {
  return {
    ...more,
    $queryRawUnsafe: async () => {
      told.push(`${name} begins`);
      await new Promise((resolve) => setImmediate(resolve));
      told.push(`${name} ends`);
      return [];
    },
  };
}

async function findAtOnce(one: PrismaTransactionClient, other: PrismaTransactionClient): Promise<void> {
  const finds = [one, other].map((client) => openTransaction(client, { author }).objects.find('post:p'));
  await Promise.all(finds);
}

const inside = (txId: unknown) => ({ [SCOPE]: { kind: 'nested', txId } });
const oneByOne = ['one begins', 'one ends', 'other begins', 'other ends'];

describe('calls of one transaction', () => {
  it.each<[string, object, object]>([
    ['as Prisma tells it', inside('tx-1'), inside('tx-1')],
    ['as Prisma told it before', legacy('tx-2'), legacy('tx-2')],
  ])('are carried out one by one, %s', async (_, one, other) => {
    const told: string[] = [];
    await findAtOnce(telling(told, 'one', one), telling(told, 'other', other));
    expect(told).toEqual(oneByOne);
  });

  it('are carried out one by one when the extension and the app make them', async () => {
    const told: string[] = [];
    const extensions = telling(told, 'one');
    takesTurnsIn(extensions, { id: 'tx-3' });
    await findAtOnce(extensions, telling(told, 'other', inside('tx-3')));
    expect(told).toEqual(oneByOne);
  });

  it('wait for none of another, nor where no transaction is told', async () => {
    for (const [one, other] of [
      [inside('tx-4'), inside('tx-5')],
      [inside(undefined), inside(undefined)],
      [{}, {}],
    ] as const) {
      const told: string[] = [];
      await findAtOnce(telling(told, 'one', one), telling(told, 'other', other));
      expect(told).toEqual(['one begins', 'other begins', 'one ends', 'other ends']);
    }
  });

  it('go on after one that fails', async () => {
    const failing = { ...inside('tx-6'), $queryRawUnsafe: () => Promise.reject(new Error('failed')) };
    const told: string[] = [];
    const [one, other] = await Promise.allSettled([
      openTransaction(failing, { author }).objects.find('post:p'),
      openTransaction(telling(told, 'other', inside('tx-6')), { author }).objects.find('post:p'),
    ]);
    expect([one.status, other.status, told]).toEqual(['rejected', 'fulfilled', ['other begins', 'other ends']]);
  });
});

function legacy(id: string): object {
  return { [Symbol.for('prisma.client.transaction.id')]: id };
}
