import { z } from 'zod';
import type { IdentityProviderOptions } from '../auth/identity-provider/provider-options.js';
import * as provider from './config-identity-provider.js';
import { trustedProxies } from './config-proxies.js';
import { LOG_FORMATS, LOG_LEVELS, type LogFormat, type LogLevel } from './log/log-options.js';

// `NAME=` in a file of settings means the same as no line at all.
const setting = <Schema extends z.ZodType>(schema: Schema) =>
  z.preprocess((value) => (value === '' ? undefined : value), schema);

const TOKEN_FAULT = 'must be visible ASCII characters, without spaces';
const METRICS_TOKEN_FAULT = 'must be 16 to 512 characters of ASCII, without spaces';

/** The settings, by the names they have in the environment. docs/configuration.md holds the same table. */
export const settings = z
  .object({
    PORT: setting(z.coerce.number().int().min(0).max(65_535).default(3000)).describe(
      'TCP port to listen on; 0 takes a free one',
    ),
    HOST: setting(z.string().default('127.0.0.1')).describe('address to listen on'),
    CASTELLAN_WORKERS: setting(z.coerce.number().int().min(1).max(64).default(1)).describe(
      'how many processes answer on that port',
    ),
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
    CASTELLAN_PUBLIC_URL: setting(z.url({ protocol: /^https?$/ }).optional()).describe(
      'where clients reach the service',
    ),
    CASTELLAN_OIDC_ISSUER: setting(provider.issuer.optional()).describe(
      'the identity provider whose JWTs sign users in; none without it',
    ),
    CASTELLAN_OIDC_AUDIENCE: setting(provider.audience.optional()).describe('what its JWTs must be for'),
    CASTELLAN_OIDC_JWKS_URL: setting(provider.jwksUrl.optional()).describe(
      'where its keys are; without it, where its discovery document says',
    ),
    CASTELLAN_OIDC_ALGORITHMS: setting(provider.algorithms.default(['RS256', 'ES256', 'EdDSA'])).describe(
      'how its JWTs may be signed',
    ),
    CASTELLAN_OIDC_SUBJECT_CLAIM: setting(provider.subjectClaim.default('sub')).describe(
      'the claim that holds the id of the user',
    ),
    CASTELLAN_OIDC_GROUPS_CLAIM: setting(provider.groupsClaim.optional()).describe(
      'the claim that names the groups of the user; none without it',
    ),
    CASTELLAN_OIDC_GROUPS: setting(provider.openGroups.optional()).describe('the groups that the claim may fill'),
    CASTELLAN_TRUSTED_PROXIES: setting(trustedProxies.default([])).describe(
      'proxies whose word on the address of the client is taken',
    ),
    CASTELLAN_LOG_LEVEL: setting(z.enum(LOG_LEVELS).default('info')).describe('what the log tells of'),
    CASTELLAN_LOG_FORMAT: setting(z.enum(LOG_FORMATS).default('auto')).describe(
      'how it is written; auto is text on a terminal and JSON otherwise',
    ),
    CASTELLAN_METRICS_TOKEN: setting(
      z
        .string()
        .regex(/^[\x21-\x7e]{16,512}$/, METRICS_TOKEN_FAULT)
        .optional(),
    ).describe('a token that reads /metrics, without a user and without the database'),
    CASTELLAN_URL: setting(z.url({ protocol: /^https?$/ }).optional()).describe(
      'the service that commands work on, instead of the database',
    ),
    CASTELLAN_TOKEN: setting(
      z
        .string()
        .regex(/^[\x21-\x7e]+$/, TOKEN_FAULT)
        .optional(),
    ).describe('the token by which commands sign in to that service'),
    OTEL_EXPORTER_OTLP_ENDPOINT: setting(z.url({ protocol: /^https?$/ }).optional()).describe(
      'where traces are sent, by OTLP over HTTP',
    ),
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: setting(z.url({ protocol: /^https?$/ }).optional()).describe(
      'the same, with its path, for traces alone',
    ),
    OTEL_SDK_DISABLED: setting(z.string().default('false')).describe('true keeps traces off'),
    OTEL_SERVICE_NAME: setting(z.string().default('castellan')).describe('what traces call the service'),
  })
  .superRefine(provider.refuseHalfAProvider);

/** What is in force, read once. */
export interface Config {
  readonly port: number;
  readonly host: string;
  /** How many processes answer. */
  readonly workers: number;
  readonly databaseUrl: string | undefined;
  readonly dataDir: string;
  readonly adminUsername: string;
  readonly adminPassword: string | undefined;
  readonly demo: 'auto' | 'off';
  readonly publicUrl: URL | undefined;
  readonly identityProvider: IdentityProviderOptions | undefined;
  /** Addresses and networks (CIDR). */
  readonly trustedProxies: readonly string[];
  readonly logLevel: LogLevel;
  readonly logFormat: LogFormat;
  readonly metricsToken: string | undefined;
  /** The service that commands work on, and the token that they sign in by. */
  readonly serviceUrl: string | undefined;
  readonly serviceToken: string | undefined;
  /** Whether traces are kept. Where they go, OpenTelemetry reads for itself, with what else its variables say. */
  readonly tracing: boolean;
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
    workers: values.CASTELLAN_WORKERS,
    databaseUrl: values.DATABASE_URL,
    dataDir: values.CASTELLAN_DATA_DIR,
    adminUsername: values.CASTELLAN_ADMIN_USERNAME,
    adminPassword: values.CASTELLAN_ADMIN_PASSWORD,
    demo: values.CASTELLAN_DEMO,
    publicUrl: values.CASTELLAN_PUBLIC_URL === undefined ? undefined : new URL(values.CASTELLAN_PUBLIC_URL),
    identityProvider: provider.identityProviderOf(values),
    trustedProxies: values.CASTELLAN_TRUSTED_PROXIES,
    logLevel: values.CASTELLAN_LOG_LEVEL,
    logFormat: values.CASTELLAN_LOG_FORMAT,
    metricsToken: values.CASTELLAN_METRICS_TOKEN,
    serviceUrl: values.CASTELLAN_URL,
    serviceToken: values.CASTELLAN_TOKEN,
    tracing:
      values.OTEL_SDK_DISABLED.toLowerCase() !== 'true' &&
      (values.OTEL_EXPORTER_OTLP_ENDPOINT ?? values.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT) !== undefined,
  };
}
