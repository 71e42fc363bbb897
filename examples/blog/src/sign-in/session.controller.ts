import { Body, Controller, Delete, Get, Headers, HttpCode, Post, Res, UnauthorizedException } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { Public, SignedIn } from 'castellan';
import { z } from 'zod';
import { Accounts, type SignedInUser } from './accounts.js';
import { CurrentUser } from './current-user.decorator.js';
import { sessionCookie, sessionOf } from './session-cookie.js';

const credentials = z.strictObject({ username: z.string(), password: z.string() });

@Controller('session')
export class SessionController {
  constructor(
    private readonly accounts: Accounts,
    private readonly adapterHost: HttpAdapterHost,
  ) {}

  @Post()
  @Public()
  async signIn(
    @Body({ schema: credentials }) { username, password }: z.infer<typeof credentials>,
    @Res({ passthrough: true }) response: unknown,
  ): Promise<SignedInUser> {
    const user = await this.accounts.byPassword(username, password);
    if (!user) throw new UnauthorizedException();
    this.setCookie(response, sessionCookie(await this.accounts.startSession(user)));
    return user;
  }

  @Get()
  @SignedIn()
  show(@CurrentUser() user: SignedInUser): SignedInUser {
    return user;
  }

  @Delete()
  @SignedIn()
  @HttpCode(204)
  async signOut(
    @Headers('cookie') cookies: string | undefined,
    @Res({ passthrough: true }) response: unknown,
  ): Promise<void> {
    const session = sessionOf(cookies);
    if (session !== undefined) await this.accounts.endSession(session);
    this.setCookie(response, sessionCookie());
  }

  private setCookie(response: unknown, cookie: string): void {
    this.adapterHost.httpAdapter.setHeader(response, 'Set-Cookie', cookie);
  }
}
