import { All, Controller, Get, Patch, Post, Propfind, SetMetadata, UseGuards, type Type } from '@nestjs/common';
import { afterEach, describe, expect, it } from 'vitest';
import { FakeEngine } from '../../test/support/embedding/fake-engine.js';
import { startGuardedApp, type AppParts, type GuardedApp } from '../../test/support/embedding/guarded-app.js';
import { ParentFrom, ProposedFrom } from '../nest/creation-sources.js';
import { Action, Mode, NoObject, ObjectFrom, Public, Resource, SignedIn } from '../nest/route-policy.js';
import type { AuthzModuleOptions } from './authz-options.js';
import { AuthzGuard } from './authz.guard.js';

@Controller('bare')
class BareController {
  @Get()
  list(): void {}

  @Post([':id/copies', ':id/drafts'])
  copy(): void {}

  @Public()
  @Get('open')
  open(): string {
    return 'open';
  }
}

@Resource('post')
@Controller('posts/:slug')
class SlugController {
  @Get()
  show(): void {}

  @Get('comments/:id')
  comment(): void {}

  @NoObject()
  @Get('list')
  list(): void {}

  @ObjectFrom('slug')
  @Patch()
  change(): void {}

  @ObjectFrom('name')
  @Get('named')
  named(): void {}

  @ParentFrom('blog', 'blog')
  @Post('below')
  addBelow(): void {}

  @ParentFrom('slug', 'blog')
  @Post('under')
  addUnder(): void {}

  @ProposedFrom()
  @Post('proposed')
  addProposed(): void {}
}

@Resource('post')
@Controller('verbs')
class VerbsController {
  @Propfind()
  find(): void {}

  @Action('view')
  @Propfind('with-action')
  findWithAction(): void {}

  @All('all')
  all(): void {}
}

@Public()
@Controller('open')
class OpenController {
  @Action('publish')
  @Mode('both')
  @Post()
  publish(): void {}

  @SignedIn()
  @Action('publish')
  @Post('signed-in')
  publishSignedIn(): void {}
}

@Resource({ typeParam: 'type' })
@Controller('things')
class TypedController {
  @Get()
  list(): void {}

  @Get(':type')
  listOfType(): void {}

  @Get(':type/:id')
  show(): void {}
}

@Controller()
class MessagesController {
  @SetMetadata('microservices:pattern', ['jobs'])
  consume(): void {}

  @Public()
  @SetMetadata('microservices:pattern', ['open'])
  consumeOpen(): void {}
}

let app: GuardedApp | undefined;
afterEach(async () => {
  await app?.stop();
  app = undefined;
});

async function start(controllers: Type[], authz: Partial<AuthzModuleOptions> = {}, parts: Partial<AppParts> = {}) {
  app = await startGuardedApp({
    platform: 'fastify',
    controllers,
    ...parts,
    authz: { engine: new FakeEngine(), ...authz },
  });
  return app;
}

/** The routes that the refusal names, with what it says of each. */
async function faults(controllers: Type[], authz: Partial<AuthzModuleOptions> = {}): Promise<Record<string, string>> {
  const error: unknown = await start(controllers, authz).then(
    () => new Error('These routes are fine.'),
    (reason: unknown) => reason,
  );
  const lines = (error as Error).message.split('\n').slice(1);
  return Object.fromEntries(lines.map((line) => line.trim().split(': ') as [string, string]));
}

describe('an app with routes that do not say who may use them', () => {
  it('does not start, and names each', async () => {
    const starting = start([BareController]);
    await expect(starting).rejects.toThrow(/These routes do not say who may use them/);
    await expect(starting).rejects.toThrow(
      /\n {2}GET \/bare: say @Resource.*\n {2}POST \/bare\/:id\/copies: .*\n {2}POST \/bare\/:id\/drafts: [^\n]*$/,
    );
  });

  it('does not start where it is not clear which object a route is about', async () => {
    expect(await faults([SlugController])).toEqual({
      'GET /posts/:slug': expect.stringContaining('which object is it about?'),
      'GET /posts/:slug/named': 'its path has no parameter :name, which @ObjectFrom names',
      'POST /posts/:slug/below': 'its path has no parameter :blog, which @ParentFrom names',
    });
  });

  it('starts where each is clear by the defaults', async () => {
    expect(await faults([SlugController], { defaults: { objectFrom: 'slug' } })).not.toHaveProperty('GET /posts/:slug');
  });

  it('does not start with a verb that stands for no action', async () => {
    expect(await faults([VerbsController])).toEqual({
      'PROPFIND /verbs': 'PROPFIND stands for no action; say @Action',
    });
  });

  it('does not start with a route that is open and looks as if it were not', async () => {
    expect(await faults([OpenController])).toEqual({
      'POST /open': '@Action and @Mode counts for nothing on a route that is declared public',
      'POST /open/signed-in': '@Action counts for nothing on a route that is declared signed-in',
    });
  });

  it('does not start where the type would be in no parameter', async () => {
    expect(await faults([TypedController])).toEqual({ 'GET /things': 'its path has no parameter :type' });
  });

  it('does not start with handlers of messages, which nobody guards', async () => {
    expect(await faults([MessagesController])).toEqual({
      'messages to MessagesController.consume': expect.stringContaining('@Public'),
    });
  });

  it('starts when that is said, and keeps them shut', async () => {
    const { send } = await start([BareController, SlugController, VerbsController], { undeclaredRoutes: 'deny' });
    for (const [verb, path] of [
      ['GET', '/bare'],
      ['HEAD', '/bare'],
      ['POST', '/bare/1/copies'],
      ['GET', '/posts/first'],
      ['GET', '/posts/first/named'],
      ['POST', '/posts/first/below'],
      ['PROPFIND', '/verbs'],
    ] as const) {
      for (const as of ['alice', undefined]) {
        const answer = await send(verb, path, { as });
        expect([verb, path, answer.status]).toEqual([verb, path, 403]);
      }
    }
    expect((await send('GET', '/bare/open')).status).toBe(200);
  });

  it('lets in whoever signed in, where that is the default', async () => {
    const { send } = await start([BareController], { defaults: { access: 'signed-in' } });
    expect((await send('GET', '/bare', { as: 'alice' })).status).toBe(200);
    expect((await send('GET', '/bare')).status).toBe(401);
  });
});

describe('a declaration', () => {
  it('says one thing: both public and guarded is an error where it is written', () => {
    expect(() => {
      class Both {
        @Public()
        @Resource('post')
        get(): void {}
      }
      return Both;
    }).toThrow('get is declared both resource and public: say one of them.');
    expect(() => {
      @SignedIn()
      @Public()
      class Both {}
      return Both;
    }).toThrow('Both is declared both public and signed-in');
  });
});

describe('an app that guards only where it says so', () => {
  @Resource('post')
  @Controller('unguarded')
  class UnguardedController {
    @Get()
    list(): void {}
  }

  @UseGuards(AuthzGuard)
  @Controller('guarded')
  class GuardedController {
    @Get()
    bare(): void {}

    @SignedIn()
    @Get('mine')
    mine(): string {
      return 'mine';
    }
  }

  @Controller('plain')
  class PlainController {
    @Get()
    list(): string {
      return 'no guard';
    }
  }

  it('does not start with a declaration that no guard asks about', async () => {
    expect(await faults([UnguardedController, PlainController], { guard: false })).toEqual({
      'GET /unguarded': 'it declares who may use it, and no guard asks; say @UseGuards(AuthzGuard)',
    });
  });

  it('does not start with an undeclared route behind the guard', async () => {
    expect(Object.keys(await faults([GuardedController], { guard: false }))).toEqual(['GET /guarded']);
  });

  it('guards where the guard is named, and nowhere else', async () => {
    const { send } = await start([GuardedController, PlainController], { guard: false, undeclaredRoutes: 'deny' });
    expect((await send('GET', '/guarded/mine')).status).toBe(401);
    expect((await send('GET', '/guarded/mine', { as: 'alice' })).status).toBe(200);
    expect((await send('GET', '/guarded', { as: 'alice' })).status).toBe(403);
    expect((await send('GET', '/plain')).status).toBe(200);
  });
});
