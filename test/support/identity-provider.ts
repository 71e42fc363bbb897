import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  exportJWK,
  generateKeyPair,
  SignJWT,
  type CryptoKey,
  type JWK,
  type JWTHeaderParameters,
  type JWTPayload,
} from 'jose';
import type { IdentityProviderOptions } from '../../src/auth/identity-provider/provider-options.js';

/** What the tokens of {@link TestIdentityProvider} are for, unless told. */
export const AUDIENCE = 'castellan';

const DISCOVERY = '/.well-known/openid-configuration';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

// An RSA key takes long to make: the first one is made once for all providers of a test file.
let firstPair: ReturnType<typeof generateKeyPair> | undefined;

interface ProviderKey {
  readonly alg: string;
  readonly privateKey: CryptoKey;
  readonly jwk: JWK;
}

/** What a token is to be, where it is not to be right. `undefined` leaves a member out. */
export interface TokenWish {
  readonly kid?: string;
  readonly header?: Readonly<Record<string, unknown>>;
  readonly claims?: Readonly<Record<string, unknown>>;
}

/** An identity provider on this machine: its discovery document, its keys, and tokens that it signs. */
export class TestIdentityProvider {
  /** The paths that were asked for. */
  readonly asked: string[] = [];
  /** Answers in place of the provider, where there is one. */
  instead: Answer | null = null;
  /** The keys that it shows, by their ids. */
  readonly shown = new Map<string, JWK>();
  readonly #keys = new Map<string, ProviderKey>();

  private constructor(
    readonly issuer: string,
    private readonly server: Server,
  ) {}

  /** Starts one with the RSA key `first`, which all providers of a test file share unless they are given another. */
  static async start(): Promise<TestIdentityProvider> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const provider = new TestIdentityProvider(`http://127.0.0.1:${port}`, server);
    server.on('request', (request: IncomingMessage, response: ServerResponse) => provider.#answer(request, response));
    firstPair ??= generateKeyPair('RS256', { extractable: true });
    await provider.#add('first', 'RS256', await firstPair);
    return provider;
  }

  get jwksUrl(): URL {
    return new URL(`${this.issuer}/keys`);
  }

  /** The settings of a service that takes its tokens. */
  options(more: Partial<IdentityProviderOptions> = {}): IdentityProviderOptions {
    return {
      issuer: this.issuer,
      audience: AUDIENCE,
      algorithms: ['RS256', 'ES256', 'EdDSA'],
      subjectClaim: 'sub',
      ...more,
    };
  }

  /** Makes a key, and shows it. */
  async addKey(kid: string, alg: string): Promise<void> {
    await this.#add(kid, alg, await generateKeyPair(alg, { extractable: true }));
  }

  async #add(
    kid: string,
    alg: string,
    { privateKey, publicKey }: Awaited<ReturnType<typeof generateKeyPair>>,
  ): Promise<void> {
    const jwk = { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' };
    this.#keys.set(kid, { alg, privateKey, jwk });
    this.shown.set(kid, jwk);
  }

  privateKey(kid = 'first'): CryptoKey {
    const key = this.#keys.get(kid);
    if (!key) throw new Error(`There is no key ${kid}.`);
    return key.privateKey;
  }

  /** A token of the user, right but for what is wished. */
  async tokenFor(user: string, { kid = 'first', header = {}, claims = {} }: TokenWish = {}): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    const right = { iss: this.issuer, aud: AUDIENCE, sub: user, iat: now, exp: now + 300 };
    const { alg = 'RS256' } = this.#keys.get(kid) ?? {};
    const payload = without({ ...right, ...claims }) as JWTPayload;
    return new SignJWT(payload)
      .setProtectedHeader(without({ alg, kid, typ: 'JWT', ...header }) as unknown as JWTHeaderParameters)
      .sign(this.privateKey(this.#keys.has(kid) ? kid : 'first'));
  }

  stop(): Promise<void> {
    this.server.closeAllConnections();
    return new Promise((resolve) => {
      this.server.close(() => resolve());
    });
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    this.asked.push(request.url ?? '');
    if (this.instead) {
      this.instead(request, response);
      return;
    }
    const bodies: Readonly<Record<string, unknown>> = {
      [DISCOVERY]: { issuer: this.issuer, jwks_uri: this.jwksUrl.href },
      '/keys': { keys: [...this.shown.values()] },
    };
    const body = bodies[request.url ?? ''];
    response.writeHead(body ? 200 : 404, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body ?? {}));
  }
}

function without(members: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}

/** A token of these very texts, as no library would write it; signed by what is made of its first two parts. */
export async function writeToken(
  header: string,
  claims: string,
  sign: (data: Buffer) => Buffer | Promise<Buffer>,
): Promise<string> {
  const data = `${Buffer.from(header).toString('base64url')}.${Buffer.from(claims).toString('base64url')}`;
  return `${data}.${(await sign(Buffer.from(data))).toString('base64url')}`;
}
