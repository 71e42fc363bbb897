import { ServiceUnavailableException, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { CastellanClient, NotAuthenticatedError } from 'castellan/client';

interface Request {
  readonly headers: { readonly authorization?: string };
  user?: { readonly id: string };
}

/** Signs callers in with their username and password at the service, which knows them. */
export class ServiceSignIn implements CanActivate {
  constructor(private readonly url: string) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<Request>();
    const [, encoded = ''] = /^Basic (\S+)$/i.exec(request.headers.authorization ?? '') ?? [];
    const [, username, password] = /^([^:]+):(.*)$/s.exec(Buffer.from(encoded, 'base64').toString()) ?? [];
    if (username === undefined || password === undefined) return false;
    try {
      const { user } = await new CastellanClient({ url: this.url, username, password, timeout: 3000 }).auth.me();
      request.user = { id: user.id };
      return true;
    } catch (error) {
      if (error instanceof NotAuthenticatedError) return false;
      throw new ServiceUnavailableException(undefined, { cause: error });
    }
  }
}
