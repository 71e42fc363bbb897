import { Body, Controller, Delete, Get, HttpCode, Post } from '@nestjs/common';
import { Action, Can, ObjectFrom, Resource, Target, type Checker, type ObjectRef } from 'castellan';
import { z } from 'zod';

const newComment = z.strictObject({ text: z.string().min(1).max(500) });

/** Comments on posts. The posts are the service's: whoever may view one may comment on it, and whoever may change one may clear it. */
@Resource('post')
@ObjectFrom('post')
@Controller()
export class CommentsController {
  private readonly comments = new Map<string, string[]>();

  /** The posts with comments that the caller may view: all of them asked in one round trip. */
  @Get('comments')
  async list(@Can() can: Checker): Promise<{ post: string; comments: number }[]> {
    const posts = [...this.comments].map(([post, comments]) => ({ post, comments: comments.length }));
    const viewable = await can.many(
      'view',
      posts.map(({ post }) => ({ type: 'post', id: post })),
    );
    return posts.filter((_, index) => viewable[index]);
  }

  @Get('posts/:post/comments')
  show(@Target() { id }: ObjectRef): string[] {
    return this.comments.get(id) ?? [];
  }

  @Post('posts/:post/comments')
  @Action('view')
  add(@Target() { id }: ObjectRef, @Body({ schema: newComment }) { text }: z.infer<typeof newComment>): string[] {
    const comments = [...(this.comments.get(id) ?? []), text];
    this.comments.set(id, comments);
    return comments;
  }

  @Delete('posts/:post/comments')
  @Action('change')
  @HttpCode(204)
  clear(@Target() { id }: ObjectRef): void {
    this.comments.delete(id);
  }
}
