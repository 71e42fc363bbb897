import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { parse } from 'basic-auth';
import type { FastifyRequest } from 'fastify';
import passport from 'passport';
import type { Caller } from '../core/caller.js';
import { CastellanError } from '../core/errors.js';
import { CredentialMemory } from './credential-memory.js';
import { invalidCredentials } from './password-sign-in.js';
import { networkOf, originOf } from './sign-in-origin.js';
import { settle, type CallerSource, type StrategyOptions } from './strategy-outcome.js';

/** The name passport knows the strategy by. */
export const BASIC = 'castellan-basic';

/**
 * Signs in by `Authorization: Basic`. A header that can't be read, or is of another scheme, is refused and not passed over.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7617
 */
@Injectable()
export class BasicStrategy extends PassportStrategy(passport.Strategy, BASIC) implements CallerSource {
  constructor(private readonly memory: CredentialMemory) {
    super();
  }

  override authenticate(request: object, { castellan }: StrategyOptions): void {
    void settle(this, castellan.basic, request as FastifyRequest);
  }

  /**
   * The caller, if its credential was verified a moment ago from that network, and still stands; null where it takes the strategy to say.
   *
   * @throws CastellanError `database_unavailable`.
   */
  async recall(header: string, address: string): Promise<Caller | null> {
    const credentials = readHeader(header);
    const subject = credentials && (await this.memory.recall(credentials.name, credentials.pass, networkOf(address)));
    return subject && { subject, signedIn: true };
  }

  /** @throws CastellanError `invalid_credentials`, `too_many_attempts`, `overloaded`, `database_unavailable`. */
  async validate(request: FastifyRequest): Promise<Caller | null> {
    const header = request.headers.authorization;
    if (header === undefined) return null;
    const credentials = readHeader(header);
    if (!credentials) throw unreadable();
    const subject = await this.memory.authenticate(credentials.name, credentials.pass, originOf(request, 'basic'));
    if (!subject) throw invalidCredentials();
    return { subject, signedIn: true };
  }
}

function readHeader(header: string): { name: string; pass: string } | null {
  const credentials = parse(header);
  // U+FFFD stands for bytes that are no UTF-8, and would let many passwords pass for one.
  if (!credentials || credentials.name.includes('\ufffd') || credentials.pass.includes('\ufffd')) return null;
  return credentials;
}

function unreadable(): CastellanError {
  return new CastellanError(
    'invalid_credentials',
    'The Authorization header must be Basic, with username:password in UTF-8 and base64, or Bearer, with a token.',
  );
}
