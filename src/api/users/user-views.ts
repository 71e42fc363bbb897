import { Injectable } from '@nestjs/common';
import type { Caller } from '../../core/caller.js';
import { Decider } from '../../core/decider.js';
import { attributesWithin } from '../../core/field-scope.js';
import { UserReader, type UserRecord } from '../../core/ports/users.js';

/** Users as far as a caller may view them. */
@Injectable()
export class UserViews {
  constructor(
    private readonly reader: UserReader,
    private readonly decider: Decider,
  ) {}

  /** Those of the ids whose users the caller may view, in the order of the ids, with the attributes that it may view. */
  async findMany({ subject }: Caller, ids: readonly string[]): Promise<UserRecord[]> {
    const users = await this.reader.findMany(ids);
    const permission = { type: 'user', action: 'view' };
    const decisions = await this.decider.decideAll(
      users.map(({ id }) => ({ subject, permission, object: { type: 'user', id } })),
    );
    return users.flatMap((user, index) => {
      const decision = decisions[index];
      if (decision?.allowed !== true) return [];
      return [{ ...user, attributes: attributesWithin(decision.fields, user.attributes) }];
    });
  }
}
