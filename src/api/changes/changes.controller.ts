import { Controller, Get, Query } from '@nestjs/common';
import type { Caller } from '../../core/caller.js';
import { Decider } from '../../core/decider.js';
import { ChangeReader, type ChangeRecord } from '../../core/ports/changes.js';
import { CallerOfRequest } from '../../nest/authorized-request.js';
import { SignedIn } from '../../nest/route-policy.js';
import { Paging, type ListAnswer } from '../paging.js';
import { changesQuery, type ChangesQuery } from './changes.schema.js';

/** The audit trail. It tells of everything, so it takes a permission of its own, and not what each change is about. */
@SignedIn()
@Controller('api/v1/changes')
export class ChangesController {
  constructor(
    private readonly changes: ChangeReader,
    private readonly decider: Decider,
    private readonly paging: Paging,
  ) {}

  @Get()
  async list(
    @CallerOfRequest() caller: Caller,
    @Query({ schema: changesQuery }) query: ChangesQuery,
  ): Promise<ListAnswer<ChangeRecord>> {
    await this.decider.requireEverywhere(caller, 'audit', 'view');
    const { limit: _limit, cursor: _cursor, order, after: start, ...filter } = query;
    return this.paging.page({ caller, list: ['changes', filter, order, start], query }, ({ limit, after }) =>
      this.changes.list({ filter, order, limit, after: after ?? start }),
    );
  }
}
