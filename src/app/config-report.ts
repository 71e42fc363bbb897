import { ConfigError, environmentWith, readConfig, settings } from './config.js';

/** One setting as it is in force. */
export interface SettingReport {
  readonly name: string;
  /** As it would be written; null where there is none. What is secret is masked. */
  readonly value: string | null;
  readonly from: 'environment' | 'default';
  readonly says: string;
}

/** The settings in force, and what looks like one but is none. */
export interface ConfigReport {
  readonly settings: readonly SettingReport[];
  readonly unknown: readonly string[];
}

const MASK = '***';
const SECRET = /PASSWORD|SECRET|TOKEN|KEY$/;
// What libpq's URLs say that is no secret; anything else in a query is taken for one.
const OPEN_PARAMETERS: ReadonlySet<string> = new Set(['sslmode', 'schema', 'application_name', 'connect_timeout']);

/** Tells which settings are in force, where each comes from, and no secret. @throws ConfigError */
export function reportConfig(environment: Record<string, string | undefined> = environmentWith({})): ConfigReport {
  readConfig(environment);
  const result = settings.safeParse(environment);
  if (!result.success) throw new ConfigError('The settings can not be used.');
  const values = result.data as Readonly<Record<string, unknown>>;
  const names = Object.keys(settings.shape);
  return {
    settings: Object.entries(settings.shape).map(([name, schema]) => ({
      name,
      value: shown(name, values[name]),
      from: isGiven(environment[name]) ? 'environment' : 'default',
      says: schema.description ?? '',
    })),
    unknown: Object.keys(environment)
      .filter((name) => name.startsWith('CASTELLAN_') && !names.includes(name) && isGiven(environment[name]))
      .toSorted(),
  };
}

function isGiven(value: string | undefined): boolean {
  return value !== undefined && value !== '';
}

function shown(name: string, value: unknown): string | null {
  if (value === undefined || value === null) return null;
  if (SECRET.test(name)) return MASK;
  if (Array.isArray(value)) return value.length === 0 ? null : value.join(',');
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return URL.canParse(text) ? maskedUrl(new URL(text), text) : text;
}

function maskedUrl(url: URL, text: string): string {
  const secret = [...url.searchParams.keys()].filter((name) => !OPEN_PARAMETERS.has(name));
  if (url.username === '' && url.password === '' && secret.length === 0) return text;
  if (url.password !== '') url.password = MASK;
  for (const name of secret) url.searchParams.set(name, MASK);
  return url.href;
}
