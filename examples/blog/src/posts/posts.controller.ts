import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Put, Query } from '@nestjs/common';
import {
  Action,
  Authz,
  Can,
  Resource,
  Target,
  Viewable,
  type AppGrant,
  type Checker,
  type ObjectRef,
  type ViewableRows,
} from 'castellan';
import { Database } from '../database.js';
import type { Post as PostRow, Prisma } from '../generated/client.js';
import type { SignedInUser } from '../sign-in/accounts.js';
import { CurrentUser } from '../sign-in/current-user.decorator.js';
import { posts } from './posts.access.js';
import { newPost, postPatch, postQuery, type NewPost, type PostPatch, type PostQuery } from './posts.schema.js';

/** A page of a list: the newest first. */
interface PostPage {
  readonly items: PostRow[];
  readonly page: number;
  readonly pages: number;
  readonly total: number;
}

@Resource('post')
@Controller('posts')
export class PostsController {
  constructor(
    private readonly database: Database,
    private readonly authz: Authz,
  ) {}

  @Get()
  async list(
    @Viewable(posts) viewable: ViewableRows<Prisma.PostWhereInput>,
    @Query({ schema: postQuery }) { page, pageSize, status, text }: PostQuery,
  ): Promise<PostPage> {
    const { prisma } = this.database;
    const filters: Prisma.PostWhereInput[] = [viewable.where];
    if (status) filters.push({ status });
    if (text) {
      const words = { contains: text, mode: 'insensitive' } as const;
      filters.push({ OR: [{ title: words }, { body: words }] });
    }
    const where = { AND: filters };
    const [total, items] = await Promise.all([
      prisma.post.count({ where }),
      prisma.post.findMany({
        where,
        orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
        skip: (page - 1) * pageSize,
        take: pageSize,
      }),
    ]);
    return { items, page, pages: Math.ceil(total / pageSize), total };
  }

  @Post()
  create(
    @CurrentUser() { id: authorId }: SignedInUser,
    @Body({ schema: newPost }) { sharedWith, ...post }: NewPost,
  ): Promise<PostRow> {
    // The row, the object with its creator's grants, and what is shared: all of it, or nothing.
    return this.database.prisma.$transaction(async (tx) => {
      const row = await tx.post.create({ data: { ...post, authorId } });
      await this.authz.with(tx).grants.create(sharedWith.map((user) => viewGrant(row.id, user)));
      return row;
    });
  }

  @Get(':id')
  async show(@Target() { id }: ObjectRef, @Can() can: Checker): Promise<PostRow & { actions: string[] }> {
    const row = await this.database.prisma.post.findUniqueOrThrow({ where: { id } });
    return { ...row, actions: await can.actions({ type: 'post', id }) };
  }

  @Patch(':id')
  change(@Target() { id }: ObjectRef, @Body({ schema: postPatch }) data: PostPatch): Promise<PostRow> {
    return this.database.prisma.post.update({ where: { id }, data });
  }

  @Delete(':id')
  @HttpCode(204)
  async delete(@Target() { id }: ObjectRef): Promise<void> {
    await this.database.prisma.post.delete({ where: { id } });
  }

  @Put(':id/readers/:user')
  @Action('grant')
  @HttpCode(204)
  async share(@Target() { id }: ObjectRef, @Param('user') user: string): Promise<void> {
    await this.database.prisma.$transaction((tx) => this.authz.with(tx).grants.create([viewGrant(id, user)]));
  }

  @Delete(':id/readers/:user')
  @Action('grant')
  @HttpCode(204)
  async unshare(@Target() { id }: ObjectRef, @Param('user') user: string): Promise<void> {
    await this.database.prisma.$transaction((tx) => this.authz.with(tx).grants.delete(viewGrant(id, user)));
  }
}

const viewGrant = (id: string, user: string): AppGrant => ({
  subject: { type: 'user', id: user },
  permission: 'post:view',
  object: { type: 'post', id },
});
