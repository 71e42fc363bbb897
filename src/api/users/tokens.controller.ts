import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import type { Author, Caller } from '../../core/caller.js';
import type { TokenRecord } from '../../core/ports/tokens.js';
import { AuthorOfRequest, CallerOfRequest } from '../../nest/authorized-request.js';
import { SignedIn } from '../../nest/route-policy.js';
import { Paging, type ListAnswer } from '../paging.js';
import { idParams, plainPageQuery, type IdParams, type PlainPageQuery } from '../schemas.js';
import { newToken, tokenParams, type NewTokenBody, type TokenParams } from './tokens.schema.js';
import { TokensService, type NewTokenAnswer } from './tokens.service.js';

/** Users look after their own tokens without any permission, so each request decides inside its transaction. */
@SignedIn()
@Controller('api/v1/users/:id/tokens')
export class TokensController {
  constructor(
    private readonly tokens: TokensService,
    private readonly paging: Paging,
  ) {}

  @Get()
  list(
    @CallerOfRequest() caller: Caller,
    @AuthorOfRequest() author: Author,
    @Param({ schema: idParams }) { id }: IdParams,
    @Query({ schema: plainPageQuery }) query: PlainPageQuery,
  ): Promise<ListAnswer<TokenRecord>> {
    return this.paging.page({ caller, list: ['tokens', id], query }, (page) => this.tokens.list(author, id, page));
  }

  @Post()
  create(
    @CallerOfRequest() caller: Caller,
    @AuthorOfRequest() author: Author,
    @Param({ schema: idParams }) { id }: IdParams,
    @Body({ schema: newToken }) body: NewTokenBody,
  ): Promise<NewTokenAnswer> {
    return this.tokens.create(caller, author, id, body);
  }

  @Delete(':tokenId')
  @HttpCode(204)
  delete(
    @AuthorOfRequest() author: Author,
    @Param({ schema: tokenParams }) { id, tokenId }: TokenParams,
  ): Promise<void> {
    return this.tokens.delete(author, id, tokenId);
  }
}
