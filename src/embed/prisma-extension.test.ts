import { PrismaPg } from '@prisma/adapter-pg';
import type pg from 'pg';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { currentRequest } from '../nest/current-request.js';
import type { AppTransactionClient } from '../store/app-executor.js';
import { PrismaClient, type Prisma } from '../store/generated/client.js';
import { castellan } from './prisma-extension.js';
import type { TransactionOpener } from './transaction.js';

interface Note {
  readonly id: number;
  readonly folder: string;
}

const authz: TransactionOpener = {
  with: () => {
    throw new Error('Nothing is written here.');
  },
};

describe('the extension', () => {
  it('leaves the types of the client as they are', () => {
    const client = new PrismaClient({
      adapter: new PrismaPg({ connectionString: 'postgresql://nobody@127.0.0.1:1/none' }),
    });
    const extended = client.$extends(castellan({ authz, models: { Setting: { type: 'setting', key: 'key' } } }));
    expect(typeof extended.setting.create).toBe('function');
    expectTypeOf(extended.setting.findFirstOrThrow).returns.resolves.toEqualTypeOf<{ key: string; value: string }>();
    expectTypeOf<typeof extended.$transaction>().toBeFunction();
  });

  it('takes the rows of a model by their own type', () => {
    const extension = castellan({
      authz,
      models: {
        Note: { type: 'note', parent: (row: Note) => `folder:${row.folder}` },
        Folder: { type: 'folder' },
      },
    });
    expect(() => extension({ $extends: () => {} })).toThrow(/does not tell its models/);
    castellan<{ Note: Note }>({ authz, models: { Note: { type: 'note', id: (row) => `n${row.id}` } } });
    castellan<{ Note: Note }>({ authz, models: { Note: { subject: 'user', username: (row) => row.folder } } });
    castellan({ authz, models: { Note: { subject: 'user', active: (row: Note) => row.id > 0 } } });
    // @ts-expect-error -- a row is an object or a user
    castellan({ authz, models: { Note: { folder: 'user' } } });
    // @ts-expect-error -- there is no such field
    castellan<{ Note: Note }>({ authz, models: { Note: { type: 'note', id: (row) => row.name } } });
  });

  it('takes transactions of Prisma and of pg', () => {
    expectTypeOf<Prisma.TransactionClient>().toExtend<AppTransactionClient>();
    expectTypeOf<pg.PoolClient>().toExtend<AppTransactionClient>();
    expectTypeOf<{ query: string }>().not.toExtend<AppTransactionClient>();
  });
});

describe('castellan.as', () => {
  it('stands behind the work, and behind what it only begins', async () => {
    const alice = { type: 'user', id: 'alice' };
    expect(castellan.as('user:alice', () => currentRequest()?.subject)).toEqual(alice);
    const lazy = {
      [Symbol.toStringTag]: 'PrismaPromise',
      // oxlint-disable-next-line unicorn/no-thenable -- as a promise of Prisma is
      then: (done: (subject: unknown) => void) => done(currentRequest()?.subject),
    };
    expect(await castellan.as('user:alice', () => lazy)).toEqual(alice);
    expect(currentRequest()?.subject).toBeUndefined();
    expect(() => castellan.as('nobody', () => {})).toThrow(/must be of the form type:id/);
  });
});
