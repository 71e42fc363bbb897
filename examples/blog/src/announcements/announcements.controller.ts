import { Body, Controller, Delete, Get, HttpCode, NotFoundException, Patch, Post } from '@nestjs/common';
import { accessModel, Mode, Resource, Target, Viewable, type ObjectRef, type ViewableRows } from 'castellan';
import { z } from 'zod';
import { Database } from '../database.js';
import type { Announcement, Prisma } from '../generated/client.js';

const announcements = accessModel({ type: 'announcement', id: 'int' });
const wording = z.strictObject({ text: z.string().min(1).max(500) });

/** As Django's object permissions have it: whoever does something to an announcement may do it to announcements at all, and to this one. */
@Resource('announcement')
@Mode('both')
@Controller('announcements')
export class AnnouncementsController {
  constructor(private readonly database: Database) {}

  @Get()
  list(@Viewable(announcements) viewable: ViewableRows<Prisma.AnnouncementWhereInput>): Promise<Announcement[]> {
    return this.database.prisma.announcement.findMany({ where: viewable.where, orderBy: { id: 'desc' }, take: 50 });
  }

  @Post()
  create(@Body({ schema: wording }) data: z.infer<typeof wording>): Promise<Announcement> {
    return this.database.prisma.announcement.create({ data });
  }

  @Get(':id')
  show(@Target() { id }: ObjectRef): Promise<Announcement> {
    return this.database.prisma.announcement.findUniqueOrThrow({ where: { id: rowId(id) } });
  }

  @Patch(':id')
  change(@Target() { id }: ObjectRef, @Body({ schema: wording }) data: z.infer<typeof wording>): Promise<Announcement> {
    return this.database.prisma.announcement.update({ where: { id: rowId(id) }, data });
  }

  @Delete(':id')
  @HttpCode(204)
  async delete(@Target() { id }: ObjectRef): Promise<void> {
    await this.database.prisma.announcement.delete({ where: { id: rowId(id) } });
  }
}

// A superuser may ask for any id, also for one that no row can have.
function rowId(id: string): number {
  if (!/^\d{1,9}$/.test(id)) throw new NotFoundException();
  return Number(id);
}
