import { Module, type DynamicModule } from '@nestjs/common';
import { PassportModule } from '@nestjs/passport';
import { AUTH_OPTIONS, type AuthOptions } from './auth-options.js';
import { AuthenticationGuard } from './authentication.guard.js';
import { BasicStrategy } from './basic.strategy.js';
import { BearerStrategy } from './bearer.strategy.js';
import { CredentialMemory } from './credential-memory.js';
import { JwtStrategy } from './identity-provider/jwt.strategy.js';
import { PasswordSignIn } from './password-sign-in.js';
import { Passwords } from './passwords.js';
import { SessionStrategy } from './session.strategy.js';

/**
 * Sign-in by token, by an identity provider's JWT, by Basic and by session, for every other module. Takes `Credentials`, `Tokens`, `ProviderUsers` and `Writes` from a global module; the application makes `AuthenticationGuard`
 * a global guard, before the one that authorizes, and calls `registerSessions` on its Fastify instance.
 */
@Module({})
export class AuthModule {
  static register(options: AuthOptions): DynamicModule {
    return {
      module: AuthModule,
      global: true,
      imports: [PassportModule],
      providers: [
        { provide: AUTH_OPTIONS, useValue: options },
        Passwords,
        PasswordSignIn,
        CredentialMemory,
        JwtStrategy,
        BearerStrategy,
        BasicStrategy,
        SessionStrategy,
        AuthenticationGuard,
      ],
      exports: [AUTH_OPTIONS, Passwords, PasswordSignIn, AuthenticationGuard],
    };
  }
}
