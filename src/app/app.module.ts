import { Global, Module, type DynamicModule, type Provider } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_PIPE, DiscoveryModule, HttpAdapterHost } from '@nestjs/core';
import { AccessModule } from '../api/access/access.module.js';
import { AssignmentsModule } from '../api/assignments/assignments.module.js';
import { AuthApiModule } from '../api/auth/auth-api.module.js';
import { ChangesModule } from '../api/changes/changes.module.js';
import { GrantsModule } from '../api/grants/grants.module.js';
import { GroupsModule } from '../api/groups/groups.module.js';
import { HealthModule } from '../api/health/health.module.js';
import { MetricsModule } from '../api/metrics/metrics.module.js';
import { ObjectsModule } from '../api/objects/objects.module.js';
import { PagingModule } from '../api/paging.module.js';
import { RolesModule } from '../api/roles/roles.module.js';
import { TypesModule } from '../api/types/types.module.js';
import { UsersModule } from '../api/users/users.module.js';
import { AuthModule } from '../auth/auth.module.js';
import { AuthenticationGuard } from '../auth/authentication.guard.js';
import type { IdentityProviderOptions } from '../auth/identity-provider/provider-options.js';
import { Decider } from '../core/decider.js';
import { AssignmentReader } from '../core/ports/assignments.js';
import { ChangeReader } from '../core/ports/changes.js';
import { Credentials } from '../core/ports/credentials.js';
import { GrantReader } from '../core/ports/grants.js';
import { GroupReader } from '../core/ports/groups.js';
import { Explanations } from '../core/ports/explanations.js';
import { ActionLists, ObjectLists, SubjectLists } from '../core/ports/lists.js';
import { Metrics } from '../core/ports/metrics.js';
import { ObjectReader } from '../core/ports/objects.js';
import { ProviderUsers } from '../core/ports/provider-users.js';
import { Readiness } from '../core/ports/readiness.js';
import { RoleReader } from '../core/ports/roles.js';
import { SignInAttempts } from '../core/ports/sign-in-attempts.js';
import { SubjectRulesSource } from '../core/ports/subject-rules.js';
import { Tokens } from '../core/ports/tokens.js';
import { TypeReader } from '../core/ports/types.js';
import { UserReader } from '../core/ports/users.js';
import { Writes } from '../core/ports/writes.js';
import { ServiceGuard } from '../nest/service.guard.js';
import { CursorSeal } from '../nest/cursor-seal.js';
import { ProblemFilter, type ErrorReport } from '../nest/problem.filter.js';
import { SchemaPipe } from '../nest/schema.pipe.js';
import { translateDatabaseError } from '../store/database-errors.js';
import type { Store } from '../store/store.js';
import { OpenApiModule } from './openapi/openapi.module.js';
import { Operations } from './operations.js';

/** What the service is put together from. */
export interface ServiceParts {
  readonly store: Store;
  readonly signInAttempts: SignInAttempts;
  readonly operations: Operations;
  readonly cursorSecret: string;
  readonly publicUrl: URL | undefined;
  readonly report: ErrorReport;
  readonly identityProvider?: IdentityProviderOptions | undefined;
}

@Global()
@Module({})
class CoreModule {
  static of({ store, signInAttempts, operations, cursorSecret }: ServiceParts): DynamicModule {
    const ports: Provider[] = [
      { provide: Decider, useValue: store.decider },
      { provide: ObjectLists, useValue: store.lists },
      { provide: SubjectLists, useValue: store.subjectLists },
      { provide: ActionLists, useValue: store.actionLists },
      { provide: Explanations, useValue: store.explanations },
      { provide: SubjectRulesSource, useValue: store.typeRules },
      { provide: Writes, useValue: store.writes },
      { provide: Credentials, useValue: store.credentials },
      { provide: Tokens, useValue: store.tokens },
      { provide: ProviderUsers, useValue: store.providerUsers },
      { provide: SignInAttempts, useValue: signInAttempts },
      { provide: ChangeReader, useValue: store.changes },
      { provide: Operations, useValue: operations },
      { provide: Metrics, useValue: operations.metrics },
      { provide: Readiness, useValue: store.readiness },
      { provide: UserReader, useValue: store.users },
      { provide: GroupReader, useValue: store.groups },
      { provide: RoleReader, useValue: store.roles },
      { provide: TypeReader, useValue: store.types },
      { provide: ObjectReader, useValue: store.objects },
      { provide: AssignmentReader, useValue: store.assignments },
      { provide: GrantReader, useValue: store.grants },
      { provide: CursorSeal, useValue: new CursorSeal(cursorSecret) },
    ];
    return { module: CoreModule, providers: ports, exports: ports };
  }
}

const API = [
  PagingModule,
  AuthApiModule,
  UsersModule,
  GroupsModule,
  RolesModule,
  AssignmentsModule,
  TypesModule,
  ObjectsModule,
  GrantsModule,
  AccessModule,
  ChangesModule,
  HealthModule,
  MetricsModule,
  OpenApiModule,
];

/** The service: every route behind sign-in and the one guard, every body through its schema, every error in one form. */
@Module({})
export class AppModule {
  static of(parts: ServiceParts): DynamicModule {
    return {
      module: AppModule,
      imports: [
        DiscoveryModule,
        CoreModule.of(parts),
        AuthModule.register({
          publicUrl: parts.publicUrl,
          identityProvider: parts.identityProvider,
          report: parts.report,
        }),
        ...API,
      ],
      providers: [
        // In this order: who is it, then may they.
        { provide: APP_GUARD, useExisting: AuthenticationGuard },
        { provide: APP_GUARD, useClass: ServiceGuard },
        { provide: APP_PIPE, useClass: SchemaPipe },
        {
          provide: APP_FILTER,
          useFactory: (host: HttpAdapterHost) => new ProblemFilter(host, parts.report, translateDatabaseError),
          inject: [HttpAdapterHost],
        },
      ],
    };
  }
}
