import { z } from 'zod';

// `NAME=` in a file of settings means the same as no line at all.
const setting = <Schema extends z.ZodType>(schema: Schema) =>
  z.preprocess((value) => (value === '' ? undefined : value), schema);

/** The settings, by the names they have in the environment. docs/configuration.md holds the same table. */
export const settings = z.object({
  PORT: setting(z.coerce.number().int().min(0).max(65_535).default(3000)).describe(
    'TCP port to listen on; 0 takes a free one',
  ),
  HOST: setting(z.string().default('127.0.0.1')).describe('address to listen on'),
  DATABASE_URL: setting(z.url({ protocol: /^postgres(ql)?$/ }).optional()).describe(
    'the Postgres to use; without it the embedded one',
  ),
  CASTELLAN_DATA_DIR: setting(z.string().default('.castellan')).describe('folder of the embedded Postgres'),
  CASTELLAN_ADMIN_USERNAME: setting(z.string().default('admin')).describe('the superuser made when there is none'),
  CASTELLAN_ADMIN_PASSWORD: setting(z.string().min(8).max(1024).optional()).describe(
    'its password; generated and printed once when absent',
  ),
  CASTELLAN_DEMO: setting(z.enum(['auto', 'off']).default('auto')).describe(
    'auto loads the demo policy into an empty embedded database',
  ),
  CASTELLAN_PUBLIC_URL: setting(z.url({ protocol: /^https?$/ }).optional()).describe('where clients reach the service'),
});

/** What is in force, read once. */
export interface Config {
  readonly port: number;
  readonly host: string;
  readonly databaseUrl: string | undefined;
  readonly dataDir: string;
  readonly adminUsername: string;
  readonly adminPassword: string | undefined;
  readonly demo: 'auto' | 'off';
  readonly publicUrl: URL | undefined;
}

/** Settings that can't be used, each named with what is wrong. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** The environment of a program that is started, with these settings over its own. */
export function environmentWith(given: Record<string, string>): Record<string, string | undefined> {
  return { ...process.env, ...given };
}

/**
 * Reads the settings.
 *
 * @throws ConfigError naming every setting that can't be used.
 */
export function readConfig(environment: Record<string, string | undefined> = process.env): Config {
  const result = settings.safeParse(environment);
  if (!result.success) {
    const faults = result.error.issues.map(({ path, message }) => `  ${path.join('.')}: ${message}`);
    throw new ConfigError(`Settings that can't be used (see docs/configuration.md):\n${faults.join('\n')}`);
  }
  const values = result.data;
  return {
    port: values.PORT,
    host: values.HOST,
    databaseUrl: values.DATABASE_URL,
    dataDir: values.CASTELLAN_DATA_DIR,
    adminUsername: values.CASTELLAN_ADMIN_USERNAME,
    adminPassword: values.CASTELLAN_ADMIN_PASSWORD,
    demo: values.CASTELLAN_DEMO,
    publicUrl: values.CASTELLAN_PUBLIC_URL === undefined ? undefined : new URL(values.CASTELLAN_PUBLIC_URL),
  };
}
