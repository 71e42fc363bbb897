import { describe, expect, it } from 'vitest';
import { reportConfig } from './config-report.js';
import { ConfigError, settings } from './config.js';

const valueOf = (environment: Record<string, string>, name: string) =>
  reportConfig(environment).settings.find((setting) => setting.name === name);

describe('the report of the settings', () => {
  it('has every setting, with what it is without an environment', () => {
    const report = reportConfig({});
    expect(report.settings.map(({ name }) => name)).toEqual(Object.keys(settings.shape));
    expect(report.settings.every(({ from }) => from === 'default')).toBe(true);
    expect(valueOf({}, 'PORT')).toMatchObject({ value: '3000', from: 'default' });
    expect(valueOf({}, 'DATABASE_URL')).toMatchObject({ value: null, from: 'default' });
  });

  it('tells what comes from the environment, and takes an empty value for none', () => {
    expect(valueOf({ PORT: '8080' }, 'PORT')).toMatchObject({ value: '8080', from: 'environment' });
    expect(valueOf({ PORT: '' }, 'PORT')).toMatchObject({ value: '3000', from: 'default' });
  });

  it.each([
    ['DATABASE_URL', 'postgresql://user:SECRET@db.example:5432/app?sslmode=require&sslpassword=SECRET&options=SECRET'],
    ['DATABASE_URL', 'postgresql://db.example/app?password=SECRET'],
    ['CASTELLAN_ADMIN_PASSWORD', 'SECRET that nobody guesses'],
    ['CASTELLAN_METRICS_TOKEN', 'SECRET-that-nobody-guesses'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'https://user:SECRET@collector.example/x?api-key=SECRET'],
  ])('masks what is secret in %s: %s', (name, value) => {
    const report = JSON.stringify(reportConfig({ [name]: value }));
    expect(report).not.toContain('SECRET');
    expect(report).toContain('***');
  });

  it('leaves the rest of a URL to be read', () => {
    const url = 'postgresql://user:SECRET@db.example:5432/app?sslmode=require';
    expect(valueOf({ DATABASE_URL: url }, 'DATABASE_URL')?.value).toBe(
      'postgresql://user:***@db.example:5432/app?sslmode=require',
    );
  });

  it('names what looks like a setting and is none', () => {
    expect(reportConfig({ CASTELLAN_PORT: '80', PATH: '/bin', CASTELLAN_DEMO: 'off' }).unknown).toEqual([
      'CASTELLAN_PORT',
    ]);
  });

  it('refuses settings that can not be used, without their values', () => {
    expect(() => reportConfig({ CASTELLAN_METRICS_TOKEN: 'SECRET' })).toThrow(ConfigError);
    expect(() => reportConfig({ CASTELLAN_METRICS_TOKEN: 'SECRET' })).not.toThrow(/SECRET/);
  });
});
