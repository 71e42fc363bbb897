import { authorizationOf, type Authorization } from './authorization.js';

/** The part of `fetch` that the client calls. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** Who the client speaks as: by a token, by username and password, or (neither) as whoever the browser's session says. */
export type ClientCredentials =
  | { readonly token: string; readonly username?: undefined; readonly password?: undefined }
  | { readonly username: string; readonly password: string; readonly token?: undefined }
  | { readonly token?: undefined; readonly username?: undefined; readonly password?: undefined };

/** Where the service is, who asks, and how patiently. */
export type CastellanClientOptions = ClientCredentials & {
  /** Where the service is, with the path it is mounted at, if any: `https://auth.example.com/castellan`. */
  readonly url: string | URL;
  /** The time each call may take, its retries and the pauses before them included; in milliseconds. 10,000 unless told. */
  readonly timeout?: number | undefined;
  /** How often a call is tried again where that is safe. 2 unless told; 0 for never. */
  readonly retries?: number | undefined;
  /** Instead of the global `fetch`. */
  readonly fetch?: Fetch | undefined;
};

/** What goes for one call only; the last argument of every method. */
export interface CallOptions {
  /** Ends the call with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** As in the client's options. */
  readonly timeout?: number | undefined;
  readonly retries?: number | undefined;
  /** Sent as `X-Request-ID`: the service's log and its audit trail name the request by it. 1 to 128 of `A-Z a-z 0-9 _ . : -`. */
  readonly requestId?: string | undefined;
}

/** The options, read and checked. */
export interface ClientSettings {
  /** Origin and path, without a slash at the end. */
  readonly base: string;
  readonly authorization: Authorization | null;
  readonly timeout: number;
  readonly retries: number;
  readonly fetch: Fetch;
}

// The longest that a timer can wait.
const MOST_TIMEOUT = 2 ** 31 - 1;
const MOST_RETRIES = 10;
const REQUEST_ID = /^[\w.:-]{1,128}$/;

/** Reads the options. @throws TypeError for one that can't be used; its message holds no credential. */
export function readOptions(options: CastellanClientOptions): ClientSettings {
  const { timeout = 10_000, retries = 2, fetch } = options;
  requirePatience({ timeout, retries });
  return {
    base: baseOf(options.url),
    authorization: authorizationOf(options),
    timeout,
    retries,
    // Looked up at each call: browsers want it called on the global object, and tests replace it.
    fetch: fetch ?? ((url, init) => globalThis.fetch(url, init)),
  };
}

/** @throws TypeError for a call's option that can't be used. */
export function requireCallOptions({ timeout, retries, requestId }: CallOptions): void {
  requirePatience({ timeout, retries });
  if (requestId !== undefined && !REQUEST_ID.test(requestId))
    throw new TypeError('requestId must be 1 to 128 letters, digits and _ . : -');
}

function requirePatience({ timeout, retries }: Pick<CallOptions, 'timeout' | 'retries'>): void {
  if (timeout !== undefined && !(timeout > 0 && timeout <= MOST_TIMEOUT))
    throw new TypeError(`timeout must be a number of milliseconds from 1 to ${MOST_TIMEOUT}`);
  if (retries !== undefined && !(Number.isInteger(retries) && retries >= 0 && retries <= MOST_RETRIES))
    throw new TypeError(`retries must be a whole number from 0 to ${MOST_RETRIES}`);
}

function baseOf(url: string | URL): string {
  // The platform's own error would repeat the url, and whatever secret somebody put into it.
  if (!URL.canParse(String(url))) throw new TypeError('url must be an absolute URL, such as https://auth.example.com');
  const { protocol, username, password, search, hash, origin, pathname } = new URL(url);
  if (protocol !== 'http:' && protocol !== 'https:') throw new TypeError('url must start with http:// or https://');
  if (username !== '' || password !== '')
    throw new TypeError('url must not hold a username or a password: give them as options of their own');
  if (search !== '' || hash !== '') throw new TypeError('url must not have a query or a fragment');
  return `${origin}${pathname.replace(/\/+$/, '')}`;
}
