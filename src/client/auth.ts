import type { PackedAbility } from '../core/packed-ability.js';
import type { UserRecord } from '../core/ports/users.js';
import type { CallOptions } from './client-options.js';
import { OwnSessions } from './own-sessions.js';
import type { Call, Transport } from './transport.js';

export type { PackedAbility } from '../core/packed-ability.js';

/** Who is signed in. */
export interface SignedIn {
  readonly user: UserRecord;
  /** What unsafe requests of the session carry; null without a session. The client keeps it and sends it along. */
  readonly csrfToken: string | null;
}

/** What a session begins with. */
export interface SignIn {
  readonly username: string;
  readonly password: string;
}

/** A change of the caller's own password. */
export interface PasswordChange {
  readonly oldPassword: string;
  readonly newPassword: string;
}

/** Who the client speaks as. */
export class Auth {
  readonly sessions: OwnSessions;
  readonly #transport: Transport;

  /** @internal */
  constructor(transport: Transport) {
    this.#transport = transport;
    this.sessions = new OwnSessions(transport);
  }

  /** Who is signed in. Of a session also its token, which a page that was loaded anew does not know yet. @throws NotAuthenticatedError. */
  async me(options: CallOptions = {}): Promise<SignedIn> {
    return this.#keepToken({ method: 'GET', path: '/api/v1/auth/me', options });
  }

  /**
   * What the caller may do by the rules that it holds everywhere, for `unpackRules` of `@casl/ability/extra`: a front end shows by it
   * what is allowed. Of a permission in `approximated` it may show less.
   *
   * @throws NotAuthenticatedError when nobody is signed in and anyone holds nothing.
   * @see docs/casl.md
   */
  async ability(options: CallOptions = {}): Promise<PackedAbility> {
    const call = { method: 'GET', path: '/api/v1/auth/me/ability', options } as const;
    // What denies must not be lost.
    return this.#transport.json(call, ({ rules }) => Array.isArray(rules));
  }

  /**
   * Changes the caller's own password. Never tried again. A client that was made with the old one has to be made anew.
   *
   * @throws InvalidCredentialsError (the old password), InvalidRequestError (the new one).
   */
  async changePassword(body: PasswordChange, options: CallOptions = {}): Promise<void> {
    const call = { method: 'PUT', path: '/api/v1/auth/me/password', body, repetition: 'single', options } as const;
    await this.#transport.done(call);
    if (this.#transport.hasCredentials) return;
    // A new session stands in the place of the old one, under a token that only `me` tells. Whatever becomes of this, the password is changed.
    await this.me(options).catch(() => this.#transport.useCsrfToken(null));
  }

  /**
   * Opens a session, for a client without credentials in a page of the service's own origin: the browser keeps the cookie, the client
   * the token. The `fetch` of Node keeps no cookies.
   *
   * @throws InvalidCredentialsError; TypeError in a client with credentials.
   */
  async login(body: SignIn, options: CallOptions = {}): Promise<SignedIn> {
    this.#requireSession();
    return this.#keepToken({ method: 'POST', path: '/api/v1/auth/login', body, repetition: 'single', options });
  }

  /** Ends the session. @throws NotAuthenticatedError; TypeError in a client with credentials. */
  async logout(options: CallOptions = {}): Promise<void> {
    this.#requireSession();
    await this.#transport.done({ method: 'POST', path: '/api/v1/auth/logout', repetition: 'single', options });
    this.#transport.useCsrfToken(null);
  }

  async #keepToken(call: Call): Promise<SignedIn> {
    const signedIn = await this.#transport.json<SignedIn>(call);
    this.#transport.useCsrfToken(signedIn.csrfToken);
    return signedIn;
  }

  #requireSession(): void {
    if (this.#transport.hasCredentials)
      throw new TypeError(
        'Sessions are for a client without credentials of its own: this one sends them with each call',
      );
  }
}
