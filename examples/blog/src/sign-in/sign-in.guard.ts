import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Accounts, type SignedInUser } from './accounts.js';
import { sessionOf } from './session-cookie.js';

export interface BlogRequest {
  readonly headers: Readonly<Record<string, string | undefined>>;
  user?: SignedInUser | undefined;
}

/** Signs in by a session or by Basic, and says no to everybody else: the blog has nothing for those who have not signed in. */
@Injectable()
export class SignInGuard implements CanActivate {
  constructor(private readonly accounts: Accounts) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<BlogRequest>();
    request.user = await this.userOf(request);
    return request.user !== undefined;
  }

  private userOf({ headers }: BlogRequest): Promise<SignedInUser | undefined> | undefined {
    const session = sessionOf(headers['cookie']);
    if (session !== undefined) return this.accounts.bySession(session);
    const [, encoded] = /^Basic (\S+)$/i.exec(headers['authorization'] ?? '') ?? [];
    if (encoded === undefined) return undefined;
    const [, username = '', password = ''] = /^([^:]*):(.*)$/s.exec(Buffer.from(encoded, 'base64').toString()) ?? [];
    return this.accounts.byPassword(username, password);
  }
}
