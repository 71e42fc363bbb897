import { Controller, Get, Post } from '@nestjs/common';
import { afterEach, describe, expect, it } from 'vitest';
import { FakeEngine } from '../../test/support/embedding/fake-engine.js';
import { startGuardedApp, type GuardedApp } from '../../test/support/embedding/guarded-app.js';
import { currentRequest } from '../nest/current-request.js';
import { DecidesItself, Mode, Public, Resource } from '../nest/route-policy.js';
import { Can } from './can.decorator.js';
import { Checker } from './checker.js';

const alice = { subject: { type: 'user', id: 'alice' }, signedIn: true };

describe('a checker', () => {
  it.each([
    ['empty', ''],
    ['with a NUL', '\u0000'],
    ['of half a character', '\ud800'],
    ['of 5,000 characters', 'x'.repeat(5000)],
  ])('denies an object that there can not be, and asks for the others: an id %s', async (_what, id) => {
    const engine = new FakeEngine('user:alice document:view document:1', `user:alice document:view document:${id}`);
    const can = new Checker(engine, () => alice);
    const impossible = { type: 'document', id };
    expect(await can.many('view', [impossible, 'document:1', `document:${id}`])).toEqual([false, true, false]);
    expect(engine.asked.map((questions) => questions.length)).toEqual([1]);
    expect(await can.check('view', impossible)).toBe(false);
    expect(await can.actions(impossible)).toEqual([]);
    expect(await can.add('document', { parent: `folder:${id}` })).toBe(false);
    await expect(can.require('view', impossible)).rejects.toMatchObject({ status: 404 });
    expect(engine.asked).toHaveLength(1);
  });

  it('takes what names no object at all for a mistake of the app', async () => {
    const can = new Checker(new FakeEngine(), () => alice);
    await expect(can.check('view', 'document')).rejects.toThrow(TypeError);
  });
});

@Resource('document')
@Controller('documents')
class ModesController {
  @Get('usual/:id')
  usual(@Can() can: Checker): Promise<unknown> {
    return askAll(can);
  }

  @Mode('both')
  @Get('both/:id')
  both(@Can() can: Checker): Promise<unknown> {
    return askAll(can);
  }

  @Mode('both')
  @Get('own/:id')
  own(@Can() can: Checker): Promise<boolean> {
    return can.check('change', 'document:7', { mode: 'object' });
  }

  @DecidesItself()
  @Post()
  add(): void {}

  @Public()
  @Get('who')
  who(): object {
    return { current: currentRequest()?.subject };
  }
}

async function askAll(can: Checker): Promise<void> {
  await can.check('change', 'document:7');
  await can.many('change', ['document:8']);
  await can.require('view', 'document:9').catch(() => {});
  await can.add('document', { parent: 'folder:7' });
}

describe("a request's checker", () => {
  let app: GuardedApp | undefined;
  let engine: FakeEngine;
  afterEach(() => app?.stop());

  async function modesAsked(path: string, defaults: object = {}): Promise<unknown[]> {
    engine = new FakeEngine('user:alice document:view document:1');
    app = await startGuardedApp({ platform: 'express', controllers: [ModesController], authz: { engine, defaults } });
    await app.send('GET', path, { as: 'alice' });
    // The first is the guard's own.
    return engine.asked.flat().map(({ mode }) => mode);
  }

  it('asks in the mode of the route', async () => {
    expect(await modesAsked('/documents/both/1')).toEqual(Array.from({ length: 5 }, () => 'both'));
    await app?.stop();
    expect(await modesAsked('/documents/both/1', { mode: 'object' })).toEqual(Array.from({ length: 5 }, () => 'both'));
  });

  it('asks in the mode of the module, where the route says none', async () => {
    expect(await modesAsked('/documents/usual/1', { mode: 'object' })).toEqual(
      Array.from({ length: 5 }, () => 'object'),
    );
  });

  it('asks in no mode of its own, where nothing says any', async () => {
    expect(await modesAsked('/documents/usual/1')).toEqual(Array.from({ length: 5 }, () => undefined));
  });

  it('asks in the mode that the question says', async () => {
    expect(await modesAsked('/documents/own/1')).toEqual(['both', 'object']);
  });

  it('and its writes are by the same subject, also where that takes waiting for on an open route', async () => {
    const subject = async (request: { headers: Record<string, string> }): Promise<string> => {
      await Promise.resolve();
      return `user:${request.headers['x-user']}`;
    };
    app = await startGuardedApp({
      platform: 'express',
      controllers: [ModesController],
      authz: { engine: new FakeEngine(), subject, followRequests: true },
    });
    const { body } = await app.send('GET', '/documents/who', { as: 'ed' });
    expect(body).toEqual({ current: { type: 'user', id: 'ed' } });
  });
});
