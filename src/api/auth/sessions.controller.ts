import { Controller, Delete, Get, HttpCode, Param, Query } from '@nestjs/common';
import { isSessionCaller } from '../../auth/sessions.js';
import type { Author, Caller } from '../../core/caller.js';
import type { SessionRecord } from '../../core/ports/sessions.js';
import { AuthorOfRequest, CallerOfRequest } from '../../nest/authorized-request.js';
import { SignedIn } from '../../nest/route-policy.js';
import { Paging, type ListAnswer } from '../paging.js';
import { idParams, plainPageQuery, type IdParams, type PlainPageQuery } from '../schemas.js';
import { SessionsService } from './sessions.service.js';

/** A session as its user sees it. */
export interface OwnSession extends SessionRecord {
  /** Whether the request itself comes by it. */
  readonly current: boolean;
}

/** The caller's own sessions. */
@SignedIn()
@Controller('api/v1/auth/sessions')
export class SessionsController {
  constructor(
    private readonly sessions: SessionsService,
    private readonly paging: Paging,
  ) {}

  @Get()
  async list(
    @CallerOfRequest() caller: Caller,
    @AuthorOfRequest() author: Author,
    @Query({ schema: plainPageQuery }) query: PlainPageQuery,
  ): Promise<ListAnswer<OwnSession>> {
    const current = currentOf(caller);
    const answer = await this.paging.page({ caller, list: ['sessions'], query }, (page) =>
      this.sessions.list(author, page),
    );
    return {
      ...answer,
      items: answer.items.map((session) => Object.assign(session, { current: session.id === current })),
    };
  }

  @Delete()
  @HttpCode(204)
  endOthers(@CallerOfRequest() caller: Caller, @AuthorOfRequest() author: Author): Promise<void> {
    return this.sessions.endAll(author, currentOf(caller));
  }

  @Delete(':id')
  @HttpCode(204)
  end(@AuthorOfRequest() author: Author, @Param({ schema: idParams }) { id }: IdParams): Promise<void> {
    return this.sessions.end(author, id);
  }
}

function currentOf(caller: Caller): string | null {
  return isSessionCaller(caller) ? caller.sessionId : null;
}
