import { createLocalJWKSet, type CryptoKey, type JSONWebKeySet, type JWTHeaderParameters } from 'jose';
import { CastellanError } from '../../core/errors.js';
import { discoverJwksUrl, getJsonObject } from './provider-answers.js';
import { PROVIDER_TIMES, type IdentityProviderOptions, type ProviderTimes } from './provider-options.js';

/** A key, and which keys counted when it did: a token that was verified by others has to be verified anew. */
export interface FoundKey {
  readonly key: CryptoKey;
  readonly keys: string;
}

interface KnownKeys {
  readonly find: ReturnType<typeof createLocalJWKSet>;
  /** What they were read from: other keys have another text. */
  readonly text: string;
  readonly readAt: number;
}

/** Milliseconds of a clock that nobody sets. */
const now = (): number => performance.now();

/**
 * The keys of an identity provider. They are looked up when the first token comes, again in the background every few minutes, and for a token of a key that
 * is not known: but never more often than once in a cooldown, and one look-up at a time. While the provider can't be reached, the keys known go on
 * counting, for a day.
 */
export class ProviderKeys {
  readonly #times: ProviderTimes;
  #known: KnownKeys | null = null;
  #jwksUrl: URL | null = null;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #lookedInVain = false;
  #looking: Promise<void> | null = null;

  constructor(
    private readonly options: IdentityProviderOptions,
    /** Is told why keys could not be had. */
    private readonly report: (error: unknown) => void,
  ) {
    this.#times = { ...PROVIDER_TIMES, ...options.times };
  }

  /** Which keys count now; null where none are known. */
  standing(): string | null {
    const known = this.#counting();
    if (known && now() - known.readAt > this.#times.fresh) void this.#lookUp();
    return known?.text ?? null;
  }

  /**
   * The key that the header names; null where the provider has none such.
   *
   * @throws CastellanError `identity_provider_unavailable` when it is not known, and the provider can't be asked.
   */
  async find(header: JWTHeaderParameters): Promise<FoundKey | null> {
    this.standing();
    const key = await this.#findKnown(header);
    if (key) return key;
    await this.#lookUp();
    const found = await this.#findKnown(header);
    if (!found && (this.#lookedInVain || !this.#counting())) throw unavailable();
    return found;
  }

  #counting(): KnownKeys | null {
    return this.#known && now() - this.#known.readAt <= this.#times.lasting ? this.#known : null;
  }

  async #findKnown(header: JWTHeaderParameters): Promise<FoundKey | null> {
    const known = this.#counting();
    if (!known) return null;
    try {
      return { key: await known.find(header), keys: known.text };
    } catch {
      // None, or one that can't be used; or several that would fit, for a token that names none: which is meant is not tried out.
      return null;
    }
  }

  async #lookUp(): Promise<void> {
    if (!this.#looking && now() - this.#lookedAt < this.#times.cooldown) return;
    this.#looking ??= this.#look().finally(() => {
      this.#looking = null;
    });
    await this.#looking;
  }

  async #look(): Promise<void> {
    this.#lookedAt = now();
    const signal = AbortSignal.timeout(this.#times.timeout);
    const { issuer, jwksUrl } = this.options;
    try {
      this.#jwksUrl ??= jwksUrl ?? (await discoverJwksUrl(issuer, signal));
      const set = await getJsonObject(this.#jwksUrl, signal);
      const text = JSON.stringify(set);
      this.#known = { find: createLocalJWKSet(set as unknown as JSONWebKeySet), text, readAt: now() };
      this.#lookedInVain = false;
    } catch (error) {
      this.#lookedInVain = true;
      // It may have moved.
      this.#jwksUrl = null;
      this.report(error);
    }
  }
}

function unavailable(): CastellanError {
  return new CastellanError(
    'identity_provider_unavailable',
    'The keys of the identity provider can not be had, so its token can not be verified; try again shortly.',
  );
}
