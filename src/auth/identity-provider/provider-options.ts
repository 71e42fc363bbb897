/** The algorithms of signatures that can be made with a private key only. */
export const SIGNATURE_ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
] as const;
export type SignatureAlgorithm = (typeof SIGNATURE_ALGORITHMS)[number];

/** An outside identity provider, whose tokens sign users in. */
export interface IdentityProviderOptions {
  /** What its tokens must name as their `iss`, to the letter. */
  readonly issuer: string;
  /** What its tokens must be for. */
  readonly audience: string;
  /** Where its keys are; as its discovery document says, without it. */
  readonly jwksUrl?: URL | undefined;
  readonly algorithms: readonly SignatureAlgorithm[];
  /** The claim that holds the id of the user. */
  readonly subjectClaim: string;
  /** The groups that it may fill, and the claim that names them. */
  readonly groups?: { readonly claim: string; readonly open: readonly string[] } | undefined;
  /** How long what it answers counts, and how long it is waited for; for tests. */
  readonly times?: Partial<ProviderTimes>;
}

/** In milliseconds. */
export interface ProviderTimes {
  /** One look-up of the keys, with the discovery before it. */
  readonly timeout: number;
  /** Keys are looked up at most once in this time, whatever comes. */
  readonly cooldown: number;
  /** Keys that are older are looked up anew, while they go on counting. */
  readonly fresh: number;
  /** Keys that are older count no more. */
  readonly lasting: number;
}

export const PROVIDER_TIMES: ProviderTimes = {
  timeout: 2500,
  cooldown: 10_000,
  fresh: 5 * 60_000,
  lasting: 24 * 60 * 60_000,
};

/** Whether the address can't be listened in on: by `https`, or on this very machine. */
export function isProtected(url: URL): boolean {
  if (url.username !== '' || url.password !== '') return false;
  if (url.protocol === 'https:') return true;
  return url.protocol === 'http:' && ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
}
