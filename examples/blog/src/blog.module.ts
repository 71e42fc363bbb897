import { Module, type DynamicModule } from '@nestjs/common';
import { AuthzModule } from 'castellan';
import { AnnouncementsController } from './announcements/announcements.controller.js';
import { Database, DATABASE_URL } from './database.js';
import { PostsController } from './posts/posts.controller.js';
import { ProfilesController } from './profiles/profiles.controller.js';
import { Accounts } from './sign-in/accounts.js';
import { SessionController } from './sign-in/session.controller.js';
import { SignInGuard } from './sign-in/sign-in.guard.js';

@Module({})
export class BlogModule {
  static over(databaseUrl: string): DynamicModule {
    return {
      module: BlogModule,
      imports: [
        // Guards every route of the app, by what its controllers declare.
        AuthzModule.forRoot({ databaseUrl, authenticate: SignInGuard, challenge: 'Basic realm="blog"' }),
      ],
      controllers: [SessionController, PostsController, ProfilesController, AnnouncementsController],
      providers: [{ provide: DATABASE_URL, useValue: databaseUrl }, Database, Accounts, SignInGuard],
      exports: [Database],
    };
  }
}
