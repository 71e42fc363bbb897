import type { AddressInfo } from 'node:net';
import { CastellanClient, type Fetch } from '../../src/client/index.js';
import { PASSWORD, type TestService } from './service.js';

/** Where the test service listens. */
export function addressOf(service: Pick<TestService, 'app'>): string {
  const { port } = service.app.getHttpServer().address() as AddressInfo;
  return `http://127.0.0.1:${port}`;
}

/** A client of the service as this user (its username); as nobody without one. */
export function clientOf(
  service: Pick<TestService, 'app'>,
  username?: string,
  options: { fetch?: Fetch; retries?: number } = {},
): CastellanClient {
  const credentials = username === undefined ? {} : { username, password: PASSWORD };
  // Machines that run tests are busy ones.
  return new CastellanClient({ url: addressOf(service), timeout: 30_000, ...credentials, ...options });
}

/** A `fetch` that keeps cookies, as a browser does for its pages. */
export function fetchWithCookies(): Fetch {
  const cookies = new Map<string, string>();
  return async (url, init) => {
    const headers = new Headers(init.headers);
    if (cookies.size > 0) headers.set('cookie', [...cookies].map(([name, value]) => `${name}=${value}`).join('; '));
    const answer = await fetch(url, { ...init, headers });
    for (const line of answer.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      cookies.set(name, value);
    }
    return answer;
  };
}
