const NAME = 'blog_session';

/** The session that a Cookie header names. */
export function sessionOf(cookies: string | undefined): string | undefined {
  return new RegExp(`(?:^|; )${NAME}=([\\w-]+)`).exec(cookies ?? '')?.[1];
}

/**
 * The Set-Cookie for a session; without a token it ends it. No other site can make a browser send it, so there is nothing to forge; behind
 * TLS it would be Secure as well.
 */
export function sessionCookie(token?: string): string {
  return `${NAME}=${token ?? ''}; Path=/; HttpOnly; SameSite=Strict${token === undefined ? '; Max-Age=0' : ''}`;
}
