import { canonicalJson } from '../core/rule-key.js';
import type { UserChange, UserRecord } from '../core/ports/users.js';
import { misuse } from '../store/app-executor.js';
import type { Part } from './prisma-extension-call.js';
import type { RowColumns } from './prisma-extension-models.js';
import { DeclaredModel, type RowIdentity } from './prisma-extension-rows.js';
import type { RefLike } from './transaction-input.js';
import { readUserChange, type AppUserChange } from './transaction-user-input.js';
import type { AuthzTransaction } from './transaction.js';

/** How the rows of a model are users. A row holds all columns, and none of its relations. */
export interface UserDeclaration<Row extends object = Part> extends RowIdentity<Row> {
  readonly subject: 'user';
  /** The id when it is left out. */
  username?(this: void, row: Row): string;
  /** None when it is left out. */
  email?(this: void, row: Row): string | null;
  /** Whether the user may do anything at all; true when it is left out. */
  active?(this: void, row: Row): boolean;
  /** Whether the user may do everything; false when it is left out. */
  superuser?(this: void, row: Row): boolean;
  /** What conditions may ask of the user; nothing when it is left out. */
  attributes?(this: void, row: Row): Readonly<Record<string, unknown>>;
  /** Who gets the creator’s grants on the user (`null`: nobody); whoever makes the request, where it names none. */
  creator?(this: void, row: Row): RefLike | null | undefined;
}

const FOLLOWING = ['username', 'email', 'active', 'superuser', 'attributes'] as const;

/** A model whose rows are users. */
export class DeclaredUsers extends DeclaredModel {
  constructor(
    name: string,
    columns: RowColumns,
    private readonly declaration: UserDeclaration,
  ) {
    super(name, columns, declaration.subject, declaration);
    if ((declaration.subject as string) !== 'user')
      throw misuse(`castellan(): the rows of ${name} can be users, and no other subjects: subject: 'user'.`);
  }

  override get follows(): boolean {
    const { declaration } = this;
    return declaration.id !== undefined || FOLLOWING.some((part) => declaration[part] !== undefined);
  }

  override async register(authz: AuthzTransaction, row: Part): Promise<void> {
    const { id } = this.refOf(row);
    await authz.users.create({ id, ...this.#said(row) }, { creator: this.declaration.creator?.(row) });
  }

  override async follow(authz: AuthzTransaction, row: Part): Promise<void> {
    const { id } = this.refOf(row);
    const user = await authz.users.find(id);
    if (user && differs(readUserChange(this.#said(row)), user)) await authz.users.update(id, this.#said(row));
  }

  override async unregister(authz: AuthzTransaction, row: Part): Promise<void> {
    await authz.users.delete(this.refOf(row).id);
  }

  /** What the declaration says of the user. */
  #said(row: Part): AppUserChange {
    const { username, email, active, superuser, attributes } = this.declaration;
    return {
      username: username?.(row),
      email: email?.(row),
      active: active?.(row),
      superuser: superuser?.(row),
      attributes: attributes?.(row),
    };
  }
}

function differs(change: UserChange, user: UserRecord): boolean {
  const after: UserRecord = { ...user, ...change };
  return canonicalJson({ ...after }) !== canonicalJson({ ...user });
}
