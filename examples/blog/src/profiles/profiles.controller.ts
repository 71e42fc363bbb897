import { Body, Controller, Get, Patch } from '@nestjs/common';
import { Resource, Target, type ObjectRef } from 'castellan';
import { z } from 'zod';
import { Database } from '../database.js';
import type { Profile } from '../generated/client.js';

const profilePatch = z.strictObject({
  name: z.string().min(1).max(100).exactOptional(),
  city: z.string().max(100).exactOptional(),
});

/** Everybody sees and changes the own profile, since it is theirs who are its creator. */
@Resource('profile')
@Controller('profiles')
export class ProfilesController {
  constructor(private readonly database: Database) {}

  @Get(':id')
  show(@Target() { id }: ObjectRef): Promise<Profile> {
    return this.database.prisma.profile.findUniqueOrThrow({ where: { userId: id } });
  }

  @Patch(':id')
  change(
    @Target() { id }: ObjectRef,
    @Body({ schema: profilePatch }) data: z.infer<typeof profilePatch>,
  ): Promise<Profile> {
    return this.database.prisma.profile.update({ where: { userId: id }, data });
  }
}
