import type { SubjectRef } from '../model.js';

/** The groups that an identity provider says somebody is in: only those that are opened to it. */
export interface SaidGroups {
  readonly ids: readonly string[];
  /** When it said so, in seconds since 1970: what was said later stands. */
  readonly at: number;
}

/** What a token of an identity provider says. */
export interface ProviderSaying {
  /** The id of the user that it is about. */
  readonly user: string;
  /** Undefined where groups are none of its matter. */
  readonly groups: SaidGroups | undefined;
}

/** The user that a token of an identity provider is about. */
export interface ProviderUser {
  readonly subject: SubjectRef;
  /** `kept`: what it says of groups is followed already, or something later is; else it is to be followed. */
  readonly groups: 'kept' | 'to follow';
}

/** The users that an identity provider signs in. None is made by it. */
export abstract class ProviderUsers {
  /** The active user, as of now; null where there is none. @throws CastellanError `overloaded`, `database_unavailable`. */
  abstract standing(saying: ProviderSaying): Promise<ProviderUser | null>;
}
