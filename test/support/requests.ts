import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { InjectOptions, Response } from 'light-my-request';

type Method = 'GET' | 'POST' | 'PUT';
type Options = Omit<InjectOptions, 'url' | 'method'>;

/** A browser's part of a session: it keeps the cookie, and knows the token. */
export interface SessionClient {
  readonly id: string;
  readonly cookie: string;
  readonly csrfToken: string;
  send(method: Method, url: string, options?: Options): Promise<Response>;
}

/** Sends requests to an app, with and without a session. */
export class Requests {
  constructor(private readonly nest: NestFastifyApplication) {}

  send(method: Method, url: string, options: Options = {}): Promise<Response> {
    return this.nest.inject({ method, url, ...options });
  }

  signIn(username: string, password: string, headers: Record<string, string> = {}): Promise<Response> {
    return this.send('POST', '/api/v1/auth/login', { payload: { username, password }, headers });
  }

  /** Signs in; the client sends its cookie and token along with everything. */
  async client(username: string, password: string, headers: Record<string, string> = {}): Promise<SessionClient> {
    const answer = await this.signIn(username, password, headers);
    return this.clientFrom(answer, answer.json().csrfToken);
  }

  /** The client with the cookie that the answer set. */
  clientFrom(answer: Response, csrfToken: string): SessionClient {
    const { name, value } = answer.cookies[0] as { name: string; value: string };
    const cookie = `${name}=${value}`;
    const own = { cookie, 'x-csrf-token': csrfToken };
    return {
      id: value.split('.')[0] as string,
      cookie,
      csrfToken,
      send: (method, url, options = {}) =>
        this.send(method, url, { ...options, headers: { ...own, ...options.headers } }),
    };
  }
}

/** Status and code of a refusal. */
export function codeOf(answer: Response): [number, string | undefined] {
  return [answer.statusCode, answer.json().code];
}
