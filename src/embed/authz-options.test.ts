import { describe, expect, it } from 'vitest';
import { FakeEngine } from '../../test/support/embedding/fake-engine.js';
import { AuthzModule } from './authz.module.js';
import { openEngine, type AuthzModuleOptions } from './authz-options.js';
import { DatabaseEngine } from './database-engine.js';
import { RemoteEngine } from './remote-engine.js';

const forRoot = (options: object) => () => AuthzModule.forRoot(options as AuthzModuleOptions);
const pool = { connect: () => Promise.reject(new Error('nobody asks')) };

describe('the options of AuthzModule', () => {
  it.each([
    [{}, /none of them/],
    [{ databaseUrl: undefined }, /none of them/],
    [{ subject: () => null }, /none of them/],
    [{ databaseUrl: 'postgres://localhost/app', pool }, /databaseUrl and pool/],
    [{ databaseUrl: 'postgres://localhost/app', url: 'https://authz.example', token: 't' }, /databaseUrl and url/],
    [{ pool, engine: new FakeEngine() }, /pool and engine/],
    [{ databaseUrl: 'mysql://localhost/app' }, /databaseUrl/],
    [{ databaseUrl: '' }, /databaseUrl/],
    [{ pool: {} }, /pool/],
    [{ pool: null }, /pool/],
    [{ engine: {} }, /engine/],
    [{ url: 'https://authz.example' }, /token.*username.*password/],
    [{ url: 'https://authz.example', token: 't', username: 'u', password: 'p' }, /token.*username.*password/],
    [{ url: 'https://authz.example', username: 'u' }, /token.*username.*password/],
    [{ token: 't' }, /none of them/],
  ])('are refused as %o', (options, message) => {
    expect(forRoot(options)).toThrow(TypeError);
    expect(forRoot(options)).toThrow(message);
  });

  it.each([
    ['authz.example', 'no address'],
    ['ftp://authz.example', 'https: or http:'],
    ['http://authz.example', 'allowPlainHttp'],
    ['http://127.0.0.1.example', 'allowPlainHttp'],
    ['http://localhost.example', 'allowPlainHttp'],
    ['https://user:secret@authz.example', 'credentials'],
    ['https://authz.example?x=1', 'nothing else'],
  ])('take no service at %s', (url, message) => {
    expect(() => openEngine({ url, token: 't' })).toThrow(message);
  });

  it.each([
    'https://authz.example',
    'https://example.com/authz/',
    'http://localhost:3000',
    'http://127.0.0.1:3000',
    'http://[::1]:3000',
  ])('take a service at %s', (url) => {
    expect(openEngine({ url, token: 't' })).toBeInstanceOf(RemoteEngine);
  });

  it('take a service on another machine without a secret on its way when that is said', () => {
    expect(openEngine({ url: 'http://authz.example', token: 't', allowPlainHttp: true })).toBeInstanceOf(RemoteEngine);
  });

  it.each([
    [{ token: '' }],
    [{ token: 'two words' }],
    [{ token: 'line\nbreak' }],
    [{ username: 'a:b', password: 'p' }],
    [{ username: '', password: 'p' }],
  ])('take no credential that no header could carry: %o', (credential) => {
    expect(() => openEngine({ url: 'https://authz.example', ...credential })).toThrow(TypeError);
  });

  it('open what they name', async () => {
    const engine = new FakeEngine();
    expect(openEngine({ engine })).toBe(engine);
    expect(openEngine({ pool })).toBeInstanceOf(DatabaseEngine);
    const database = openEngine({ databaseUrl: 'postgresql://localhost/app' });
    expect(database).toBeInstanceOf(DatabaseEngine);
    await database.close();
  });
});
