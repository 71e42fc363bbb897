import { Global, Module } from '@nestjs/common';
import { Paging } from './paging.js';
import { ViewableLists } from './viewable-lists.js';

/** What every list of the API is made with. */
@Global()
@Module({ providers: [Paging, ViewableLists], exports: [Paging, ViewableLists] })
export class PagingModule {}
