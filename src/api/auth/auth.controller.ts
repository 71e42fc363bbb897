import { Body, Controller, Get, HttpCode, Post, Put, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { endSession, openSession, type SessionCaller } from '../../auth/sessions.js';
import type { Author, Caller } from '../../core/caller.js';
import type { UserRecord } from '../../core/ports/users.js';
import { AuthorOfRequest, CallerOfRequest } from '../../nest/authorized-request.js';
import { Public, SignedIn } from '../../nest/route-policy.js';
import { passwordChangeSchema, signInSchema, type PasswordChangeBody, type SignInBody } from './auth.schema.js';
import { AuthService } from './auth.service.js';

/** Who is signed in; the token goes into `X-CSRF-Token` of the session's unsafe requests. */
export interface WhoIsSignedIn {
  readonly user: UserRecord;
  readonly csrfToken: string | null;
}

/** Sign-in by session, and what a signed-in user may do about it. */
@Controller('api/v1/auth')
export class AuthController {
  constructor(private readonly auth: AuthService) {}

  @Public()
  @Post('login')
  @HttpCode(200)
  async signIn(
    @Body({ schema: signInSchema }) body: SignInBody,
    @Req() request: FastifyRequest,
  ): Promise<WhoIsSignedIn> {
    const { user, stamp } = await this.auth.signIn(body);
    return { user, csrfToken: await openSession(request, stamp) };
  }

  @SignedIn()
  @Post('logout')
  @HttpCode(204)
  async signOut(@Req() request: FastifyRequest): Promise<void> {
    await endSession(request);
  }

  @SignedIn()
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
    const stamp = await this.auth.changePassword(author, body);
    if (!isSessionCaller(caller)) return;
    if (stamp) await openSession(request, stamp);
    else await endSession(request);
  }
}

function isSessionCaller(caller: Caller): caller is SessionCaller {
  return 'csrfToken' in caller;
}
