import { describe, expect, it } from 'vitest';
import { FakeEngine } from '../../test/support/embedding/fake-engine.js';
import { CastellanError } from '../core/errors.js';
import type { Question } from '../core/model.js';
import { QuestionMemory, WriteCount } from './question-memory.js';

const alice = { type: 'user', id: 'alice' };
const view = (id: string, more: Partial<Question> = {}): Question => ({
  subject: alice,
  permission: { type: 'document', action: 'view' },
  object: { type: 'document', id },
  ...more,
});
const allowedIn = (decisions: readonly { allowed: boolean }[]): boolean[] => decisions.map(({ allowed }) => allowed);

describe('what a request has asked', () => {
  it('is asked once, also together with what is new', async () => {
    const engine = new FakeEngine('user:alice document:view document:1');
    const memory = new QuestionMemory(engine, new WriteCount());
    expect(allowedIn(await memory.decideAll([view('1'), view('2')]))).toEqual([true, false]);
    expect(allowedIn(await memory.decideAll([view('2'), view('3'), view('1'), view('3')]))).toEqual([
      false,
      false,
      true,
      false,
    ]);
    expect(allowedIn(await memory.decideAll([view('3')]))).toEqual([false]);
    expect(engine.asked).toEqual([[view('1'), view('2')], [view('3')]]);
  });

  it('is asked once when it is asked twice at the same time', async () => {
    const engine = new FakeEngine('user:alice document:view document:1');
    const memory = new QuestionMemory(engine, new WriteCount());
    const answers = await Promise.all([memory.decideAll([view('1')]), memory.decideAll([view('1')])]);
    expect(answers.map(allowedIn)).toEqual([[true], [true]]);
    expect(engine.asked).toHaveLength(1);
  });

  it('is another question with any part of it different', async () => {
    const engine = new FakeEngine();
    const memory = new QuestionMemory(engine, new WriteCount());
    const questions = [
      view('1'),
      view('1', { subject: { type: 'user', id: 'bob' } }),
      view('1', { subject: { type: 'service', id: 'alice' } }),
      view('1', { permission: { type: 'document', action: 'change' } }),
      view('1', { permission: { type: 'folder', action: 'view' } }),
      view('1', { object: { type: 'folder', id: '1' } }),
      view('1', { object: undefined }),
      view('1', { mode: 'both' }),
      view('1', { proposed: { attributes: {} } }),
      view('1', { proposed: { id: '2', attributes: {} } }),
      view('1', { supplied: { resource: { status: 'draft' } } }),
      view('1', { supplied: { context: { status: 'draft' } } }),
      view('1', { subject: { type: 'user', id: 'alice","document' } }),
    ];
    for (const question of questions) await memory.decideAll([question]);
    expect(engine.asked.flat()).toEqual(questions);
  });

  it('is asked again when it failed', async () => {
    const engine = new FakeEngine('user:alice document:view document:1');
    const memory = new QuestionMemory(engine, new WriteCount());
    const away = new CastellanError('database_unavailable', 'The database is out of reach.');
    engine.failWith(away);
    await expect(memory.decideAll([view('1')])).rejects.toBe(away);
    await expect(memory.decideAll([view('1'), view('2')])).rejects.toBe(away);
    engine.failWith();
    expect(allowedIn(await memory.decideAll([view('1'), view('2')]))).toEqual([true, false]);
    expect(engine.asked.map(({ length }) => length)).toEqual([1, 2, 2]);
  });

  it('fails for all who wait for the same, and is then asked again', async () => {
    const engine = new FakeEngine('user:alice document:view document:1');
    const memory = new QuestionMemory(engine, new WriteCount());
    engine.failWith(new Error('gone'));
    const outcomes = await Promise.allSettled([
      memory.decideAll([view('1')]),
      memory.decideAll([view('1')]),
      memory.decideAll([view('1'), view('2')]),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    engine.failWith();
    expect(allowedIn(await memory.decideAll([view('1')]))).toEqual([true]);
  });

  it('is asked anew from the first write on, for as long as the request lasts', async () => {
    const engine = new FakeEngine();
    const writes = new WriteCount();
    const memory = new QuestionMemory(engine, writes);
    expect(allowedIn(await memory.decideAll([view('1')]))).toEqual([false]);
    const waiting = memory.decideAll([view('1')]);
    writes.count();
    engine.allow('user:alice document:view document:1');
    await waiting;
    expect(allowedIn(await memory.decideAll([view('1')]))).toEqual([true]);
    await memory.decideAll([view('1')]);
    expect(engine.asked).toHaveLength(3);
  });

  it('holds for the actions on an object as well', async () => {
    const engine = new FakeEngine('user:alice document:view document:1');
    const writes = new WriteCount();
    const memory = new QuestionMemory(engine, writes);
    const asked = { subject: alice, object: { type: 'document', id: '1' } };
    const first = await memory.actions(asked);
    first.push('whatever its owner does to it');
    expect(await memory.actions(asked)).toEqual(['view']);
    expect(engine.asked).toHaveLength(1);
    await memory.actions({ ...asked, mode: 'both' });
    expect(engine.asked).toHaveLength(2);
    engine.failWith(new Error('gone'));
    await expect(memory.actions({ ...asked, mode: 'object' })).rejects.toThrow('gone');
    engine.failWith();
    expect(await memory.actions({ ...asked, mode: 'object' })).toEqual(['view']);
    writes.count();
    await memory.actions(asked);
    expect(engine.asked).toHaveLength(5);
  });
});
