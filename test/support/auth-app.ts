import 'reflect-metadata';
import { All, Controller, Global, Module, Post, Req, StandardSchemaValidationPipe } from '@nestjs/common';
import { APP_GUARD, APP_PIPE, HttpAdapterHost, NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { AuthApiModule } from '../../src/api/auth/auth-api.module.js';
import { Paging } from '../../src/api/paging.js';
import type { AuthOptions } from '../../src/auth/auth-options.js';
import { AuthModule } from '../../src/auth/auth.module.js';
import { AuthenticationGuard } from '../../src/auth/authentication.guard.js';
import { Passwords } from '../../src/auth/passwords.js';
import { registerSessions } from '../../src/auth/register-sessions.js';
import type { Caller } from '../../src/core/caller.js';
import { Decider } from '../../src/core/decider.js';
import { CastellanError } from '../../src/core/errors.js';
import { Credentials } from '../../src/core/ports/credentials.js';
import { ObjectLists } from '../../src/core/ports/lists.js';
import { SignInAttempts } from '../../src/core/ports/sign-in-attempts.js';
import { ProviderUsers } from '../../src/core/ports/provider-users.js';
import { SubjectRulesSource } from '../../src/core/ports/subject-rules.js';
import { Tokens } from '../../src/core/ports/tokens.js';
import { UserReader } from '../../src/core/ports/users.js';
import { Writes } from '../../src/core/ports/writes.js';
import { CursorSeal } from '../../src/nest/cursor-seal.js';
import { callerOf, type AuthorizableRequest } from '../../src/nest/authorized-request.js';
import { ServiceGuard } from '../../src/nest/service.guard.js';
import { ProblemFilter } from '../../src/nest/problem.filter.js';
import { Public, SignedIn } from '../../src/nest/route-policy.js';
import {
  InMemoryAccounts,
  InMemoryCredentials,
  InMemoryProviderUsers,
  InMemoryTokens,
  InMemoryUsers,
  InMemoryWrites,
} from './in-memory-accounts.js';
import { InMemorySessionStore } from './in-memory-session-store.js';
import { InMemorySignInAttempts } from './in-memory-sign-in-attempts.js';

const passwords = new Passwords();
const alicesHash = passwords.hash('alices password');
const bobsHash = passwords.hash('bobs password');

/** Routes that tell whom the guards took the caller for. */
@Controller()
class WhoController {
  @Public()
  @All('public')
  open(@Req() request: AuthorizableRequest): Caller {
    return callerOf(request);
  }

  @SignedIn()
  @All('closed')
  closed(@Req() request: AuthorizableRequest): Caller {
    return callerOf(request);
  }

  @Post('undeclared')
  undeclared(): void {}
}

/** The service's sign-in on its real parts, over accounts and sessions in memory: alice and bob have passwords. */
export interface AuthApp {
  readonly nest: NestFastifyApplication;
  readonly accounts: InMemoryAccounts;
  readonly credentials: InMemoryCredentials;
  readonly tokens: InMemoryTokens;
  readonly providerUsers: InMemoryProviderUsers;
  readonly attempts: InMemorySignInAttempts;
  readonly sessions: InMemorySessionStore;
  readonly passwords: Passwords;
}

/** Starts the app, on no port: requests go in by `nest.inject`. */
export async function startAuthApp({
  publicUrl,
  ...authOptions
}: { publicUrl?: string } & Omit<AuthOptions, 'publicUrl'> = {}): Promise<AuthApp> {
  const accounts = new InMemoryAccounts();
  const credentials = new InMemoryCredentials(accounts);
  const tokens = new InMemoryTokens(accounts);
  const providerUsers = new InMemoryProviderUsers(accounts);
  const attempts = new InMemorySignInAttempts();
  const sessions = new InMemorySessionStore(credentials);
  accounts.add('alice', await alicesHash);
  accounts.add('bob', await bobsHash);

  const nothingToDecide = () => Promise.reject(new Error('nothing to decide'));

  @Global()
  @Module({
    providers: [
      { provide: Credentials, useValue: credentials },
      { provide: Tokens, useValue: tokens },
      { provide: ProviderUsers, useValue: providerUsers },
      { provide: SignInAttempts, useValue: attempts },
      { provide: UserReader, useValue: new InMemoryUsers(accounts) },
      { provide: Writes, useValue: new InMemoryWrites(accounts, sessions) },
      { provide: Paging, useValue: new Paging(new CursorSeal('a-secret-of-the-cursors-of-one-test')) },
      { provide: Decider, useValue: new Decider({ fetchFacts: nothingToDecide }) },
      { provide: ObjectLists, useValue: { holdsAnywhere: nothingToDecide } },
      { provide: SubjectRulesSource, useValue: { of: nothingToDecide } },
    ],
    exports: [
      Paging,
      Credentials,
      Tokens,
      ProviderUsers,
      SignInAttempts,
      UserReader,
      Writes,
      Decider,
      ObjectLists,
      SubjectRulesSource,
    ],
  })
  class PortsModule {}

  const url = publicUrl === undefined ? undefined : new URL(publicUrl);
  const exceptionFactory = () => new CastellanError('invalid_request', 'The body does not fit.');

  @Module({
    imports: [PortsModule, AuthModule.register({ publicUrl: url, ...authOptions }), AuthApiModule],
    controllers: [WhoController],
    providers: [
      { provide: APP_GUARD, useExisting: AuthenticationGuard },
      { provide: APP_GUARD, useClass: ServiceGuard },
      { provide: APP_PIPE, useValue: new StandardSchemaValidationPipe({ exceptionFactory }) },
    ],
  })
  class AppModule {}

  const nest = await NestFactory.create<NestFastifyApplication>(AppModule, new FastifyAdapter(), {
    logger: false,
    abortOnError: false,
  });
  nest.useGlobalFilters(new ProblemFilter(nest.get(HttpAdapterHost), () => {}));
  await registerSessions(nest.getHttpAdapter().getInstance(), {
    store: sessions,
    secret: 'only-a-test-may-know-this-secret-of-its-own',
    secureCookie: url?.protocol === 'https:',
  });
  await nest.init();
  await nest.getHttpAdapter().getInstance().ready();
  return { nest, accounts, credentials, tokens, providerUsers, attempts, sessions, passwords: nest.get(Passwords) };
}

/** The value of an Authorization header. */
export function basic(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}
