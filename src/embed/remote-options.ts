/** Where a Castellan service is, and how one signs in to it. */
export type RemoteOptions = RemoteLimits &
  ({ readonly token: string } | { readonly username: string; readonly password: string });

interface RemoteLimits {
  /** The service's address; it may have a path. */
  readonly url: string;
  /** How long one answer may take, in milliseconds; 3,000 unless it is said. */
  readonly timeout?: number;
  /** Takes `http:` to another machine as well: whoever listens in between can read the credential, and answer in the service's place. */
  readonly allowPlainHttp?: boolean;
  /** What requests are sent with; the global `fetch` unless it is said. */
  readonly fetch?: typeof fetch;
}

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** The service's address, without a slash at its end. @throws TypeError for one that can't be used, or that would give the credential away. */
export function readServiceUrl({ url, allowPlainHttp = false }: RemoteLimits): string {
  if (!URL.canParse(url))
    throw new TypeError('AuthzModule: `url` is no address; it looks like https://authz.example.com.');
  const { protocol, hostname, username, password, search, hash, origin, pathname } = new URL(url);
  if (username || password || search || hash)
    throw new TypeError(
      'AuthzModule: `url` is an address and nothing else; credentials go into `token`, or `username` and `password`.',
    );
  if (protocol !== 'https:' && protocol !== 'http:')
    throw new TypeError('AuthzModule: `url` begins with https: or http:.');
  if (protocol === 'http:' && !allowPlainHttp && !LOOPBACK.test(hostname))
    throw new TypeError(
      'AuthzModule: `url` is http: to another machine, where the credential could be read on its way: use https:, or say `allowPlainHttp: true`.',
    );
  return `${origin}${pathname.replace(/\/+$/, '')}`;
}

/** The value of the Authorization header. @throws TypeError for credentials that no header could carry. */
export function authorizationOf(options: RemoteOptions): string {
  if ('token' in options) {
    if (!/^[\u0021-\u007e]+$/.test(options.token)) throw new TypeError('AuthzModule: `token` is not one.');
    return `Bearer ${options.token}`;
  }
  const { username, password } = options;
  if (username === '' || username.includes(':'))
    throw new TypeError('AuthzModule: `username` can not be sent as Basic.');
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}
