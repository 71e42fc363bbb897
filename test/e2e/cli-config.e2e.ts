import { describe, expect, it } from 'vitest';
import { castellan } from '../support/castellan-command.js';

const SETTINGS = {
  PORT: '8080',
  DATABASE_URL: 'postgresql://app:SECRET@nowhere.invalid/app',
  CASTELLAN_ADMIN_PASSWORD: 'SECRET that nobody guesses',
  CASTELLAN_PORT: '80',
};

describe('castellan config', () => {
  it('prints what is in force and where it comes from, with secrets masked, and looks for no database', async () => {
    const { status, stdout, stderr } = await castellan(SETTINGS, ['config']);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^PORT +8080 +environment$/m);
    expect(stdout).toMatch(/^HOST +127\.0\.0\.1 +default$/m);
    expect(stdout).toMatch(/^DATABASE_URL +postgresql:\/\/app:\*\*\*@nowhere\.invalid\/app +environment$/m);
    expect(stdout).toMatch(/^CASTELLAN_ADMIN_PASSWORD +\*\*\* +environment$/m);
    expect(stdout + stderr).not.toContain('SECRET');
    expect(stderr).toBe('CASTELLAN_PORT is no setting: docs/configuration.md has them all.\n');
  });

  it('answers in JSON', async () => {
    const { status, stdout, stderr } = await castellan(SETTINGS, ['config', '--json']);
    expect([status, stderr]).toEqual([0, '']);
    const report = JSON.parse(stdout) as { settings: { name: string }[]; unknown: string[] };
    expect(report.settings.find(({ name }) => name === 'PORT')).toEqual({
      name: 'PORT',
      value: '8080',
      from: 'environment',
      says: 'TCP port to listen on; 0 takes a free one',
    });
    expect(report.unknown).toEqual(['CASTELLAN_PORT']);
    expect(stdout).not.toContain('SECRET');
  });

  it('exits with 64 when a setting can not be used, and names it', async () => {
    const { status, stdout, stderr } = await castellan({ PORT: 'SECRET', CASTELLAN_LOG_LEVEL: 'loud' }, ['config']);
    expect([status, stdout]).toEqual([64, '']);
    expect(stderr).toMatch(/PORT: [\s\S]*CASTELLAN_LOG_LEVEL: /);
    expect(stderr).not.toContain('SECRET');
  });
});
