import { Body, Controller, Get, HttpCode, Post, Put, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { endSession, isSessionCaller, openSession } from '../../auth/sessions.js';
import { originOf } from '../../auth/sign-in-origin.js';
import type { Author, Caller } from '../../core/caller.js';
import type { UserRecord } from '../../core/ports/users.js';
import { AuthorOfRequest, CallerOfRequest } from '../../nest/authorized-request.js';
import { HeedsNarrowing, Public, SignedIn } from '../../nest/route-policy.js';
import { passwordChangeSchema, signInSchema, type PasswordChangeBody, type SignInBody } from './auth.schema.js';
import { AuthService } from './auth.service.js';
import { SessionsService } from './sessions.service.js';

/** Who is signed in; the token goes into `X-CSRF-Token` of the session's unsafe requests. */
export interface WhoIsSignedIn {
  readonly user: UserRecord;
  readonly csrfToken: string | null;
}

/** Sign-in by session, and what a signed-in user may do about it. */
@Controller('api/v1/auth')
export class AuthController {
  constructor(
    private readonly auth: AuthService,
    private readonly sessions: SessionsService,
  ) {}

  @Public()
  @Post('login')
  @HttpCode(200)
  async signIn(
    @Body({ schema: signInSchema }) body: SignInBody,
    @Req() request: FastifyRequest,
  ): Promise<WhoIsSignedIn> {
    const { user, stamp } = await this.auth.signIn(body, originOf(request, 'session'));
    return { user, csrfToken: await openSession(request, stamp) };
  }

  @SignedIn()
  @Post('logout')
  @HttpCode(204)
  async signOut(
    @CallerOfRequest() caller: Caller,
    @AuthorOfRequest() author: Author,
    @Req() request: FastifyRequest,
  ): Promise<void> {
    if (isSessionCaller(caller)) await this.sessions.endIfOpen(author, caller.sessionId);
    await endSession(request);
  }

  @SignedIn()
  @HeedsNarrowing()
  @Get('me')
  async me(@CallerOfRequest() caller: Caller): Promise<WhoIsSignedIn> {
    return { user: await this.auth.userOf(caller), csrfToken: isSessionCaller(caller) ? caller.csrfToken : null };
  }

  @SignedIn()
  @Put('me/password')
  @HttpCode(204)
  async changePassword(
    @Body({ schema: passwordChangeSchema }) body: PasswordChangeBody,
    @CallerOfRequest() caller: Caller,
    @AuthorOfRequest() author: Author,
    @Req() request: FastifyRequest,
  ): Promise<void> {
    const stamp = await this.auth.changePassword(author, body, originOf(request, 'password_change'));
    if (!isSessionCaller(caller)) return;
    if (stamp) await openSession(request, stamp);
    else await endSession(request);
  }
}
