import { createHash, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Database } from '../database.js';
import { hashPassword, isPassword } from './passwords.js';

/** Who is signed in, as `request.user`. Castellan reads its id: it is the subject user:<id>. */
export interface SignedInUser {
  readonly id: string;
}

const SESSION_MS = 12 * 60 * 60 * 1000;

@Injectable()
export class Accounts {
  // Somebody unknown is told no after as long as somebody known.
  readonly #nobodysHash = hashPassword('');

  constructor(private readonly database: Database) {}

  async byPassword(username: string, password: string): Promise<SignedInUser | undefined> {
    const user = await this.database.prisma.user.findUnique({ where: { id: username } });
    const isRight = await isPassword(password, user?.passwordHash ?? (await this.#nobodysHash));
    return user?.active && isRight ? { id: user.id } : undefined;
  }

  async bySession(token: string): Promise<SignedInUser | undefined> {
    const session = await this.database.prisma.session.findUnique({
      where: { tokenHash: hashOf(token), expiresAt: { gt: new Date() }, user: { active: true } },
    });
    return session ? { id: session.userId } : undefined;
  }

  /** Answers the token of a new session; only its hash is kept. */
  async startSession(user: SignedInUser): Promise<string> {
    const token = randomBytes(32).toString('base64url');
    const expiresAt = new Date(Date.now() + SESSION_MS);
    await this.database.prisma.session.create({ data: { tokenHash: hashOf(token), userId: user.id, expiresAt } });
    return token;
  }

  async endSession(token: string): Promise<void> {
    await this.database.prisma.session.deleteMany({ where: { tokenHash: hashOf(token) } });
  }
}

const hashOf = (token: string): string => createHash('sha256').update(token).digest('hex');
