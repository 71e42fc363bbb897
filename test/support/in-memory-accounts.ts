import { randomUUID } from 'node:crypto';
import type { Author } from '../../src/core/caller.js';
import { CastellanError } from '../../src/core/errors.js';
import type { SubjectRef } from '../../src/core/model.js';
import { Credentials, type CredentialStamp, type StoredCredential } from '../../src/core/ports/credentials.js';
import { ProviderUsers, type ProviderSaying, type ProviderUser } from '../../src/core/ports/provider-users.js';
import { Tokens, type TokenHolder } from '../../src/core/ports/tokens.js';
import { UserReader, type UserChange, type UserRecord } from '../../src/core/ports/users.js';
import { Writes, type WriteScope, type WriteUnit } from '../../src/core/ports/writes.js';

interface Account {
  readonly key: number;
  user: UserRecord;
  passwordHash: string | undefined;
  version: string;
}

/** Users and their passwords, kept as the database keeps them: a new password has a new version. */
export class InMemoryAccounts {
  readonly written: { author: Author; scope: WriteScope; id: string; change: UserChange }[] = [];
  readonly #accounts = new Map<string, Account>();
  #keys = 0;

  add(username: string, passwordHash?: string, more: Partial<UserRecord> = {}): UserRecord {
    const blank = { email: null, active: true, superuser: false, attributes: {} };
    const user: UserRecord = { id: username, username, ...blank, ...more };
    this.#accounts.set(user.id, { key: ++this.#keys, user, passwordHash, version: randomUUID() });
    return user;
  }

  change(id: string, { passwordHash, ...change }: UserChange): UserRecord {
    const account = this.#accounts.get(id);
    if (!account) throw new CastellanError('not_found', 'no such user');
    account.user = { ...account.user, ...change };
    if (passwordHash !== undefined) Object.assign(account, { passwordHash, version: randomUUID() });
    return account.user;
  }

  remove(id: string): void {
    this.#accounts.delete(id);
  }

  find(id: string): Account | undefined {
    return this.#accounts.get(id);
  }

  where(fits: (account: Account) => boolean): Account | undefined {
    return [...this.#accounts.values()].find(fits);
  }
}

/** The port over accounts in memory; what it is asked is counted. */
export class InMemoryCredentials extends Credentials {
  lookups = 0;
  checks = 0;

  constructor(private readonly accounts: InMemoryAccounts) {
    super();
  }

  override async findByUsername(username: string): Promise<StoredCredential | null> {
    this.lookups++;
    const account = this.accounts.where(({ user }) => user.username === username && user.active);
    if (account?.passwordHash === undefined) return null;
    const { key, user, passwordHash, version } = account;
    return { subjectKey: key, subject: { type: 'user', id: user.id }, passwordHash, version };
  }

  override async rehash({ subjectKey, version, passwordHash: before }: StoredCredential, hash: string): Promise<void> {
    const account = this.accounts.where(({ key }) => key === subjectKey);
    if (account?.version === version && account.passwordHash === before) account.passwordHash = hash;
  }

  override async standing({ subjectKey, version }: CredentialStamp): Promise<SubjectRef | null> {
    this.checks++;
    const account = this.accounts.where(({ key }) => key === subjectKey);
    return account?.user.active && account.version === version ? { type: 'user', id: account.user.id } : null;
  }
}

/** The port over accounts in memory; what it is asked is counted. */
export class InMemoryTokens extends Tokens {
  readonly users = new Map<string, string>();
  readonly asked: string[] = [];

  constructor(private readonly accounts: InMemoryAccounts) {
    super();
  }

  override async holderOf(hash: string): Promise<TokenHolder | null> {
    this.asked.push(hash);
    const account = this.accounts.find(this.users.get(hash) ?? '');
    if (!account?.user.active) return null;
    return { tokenId: hash, subject: { type: 'user', id: account.user.id }, permissions: null };
  }
}

/** The port over accounts in memory; what it is asked is counted. Groups are none of its matter. */
export class InMemoryProviderUsers extends ProviderUsers {
  readonly asked: string[] = [];

  constructor(private readonly accounts: InMemoryAccounts) {
    super();
  }

  override async standing({ user }: ProviderSaying): Promise<ProviderUser | null> {
    this.asked.push(user);
    return this.accounts.find(user)?.user.active ? { subject: { type: 'user', id: user }, groups: 'kept' } : null;
  }
}

/** The port over accounts in memory. */
export class InMemoryUsers extends UserReader {
  constructor(private readonly accounts: InMemoryAccounts) {
    super();
  }

  override async find(id: string): Promise<UserRecord | null> {
    return this.accounts.find(id)?.user ?? null;
  }

  override async findMany(ids: readonly string[]): Promise<UserRecord[]> {
    return ids.flatMap((id) => this.accounts.find(id)?.user ?? []);
  }

  override async withPassword(ids: readonly string[]): Promise<Set<string>> {
    return new Set(ids.filter((id) => this.accounts.find(id)?.passwordHash !== undefined));
  }
}

/** The port over accounts in memory, as far as users are updated and sessions ended through it. */
export class InMemoryWrites extends Writes {
  constructor(
    private readonly accounts: InMemoryAccounts,
    private readonly sessions: { end(id: string): void },
  ) {
    super();
  }

  override async write<Result>(
    author: Author,
    scope: WriteScope,
    work: (unit: WriteUnit) => Promise<Result>,
  ): Promise<Result> {
    const update = async (id: string, change: UserChange): Promise<UserRecord> => {
      this.accounts.written.push({ author, scope, id, change });
      return this.accounts.change(id, change);
    };
    const end = async (_user: string, id: string): Promise<void> => this.sessions.end(id);
    return work({ users: { update }, sessions: { end } } as unknown as WriteUnit);
  }
}
