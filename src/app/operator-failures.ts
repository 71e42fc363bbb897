import { CastellanClientError } from '../client/client-errors.js';
import { CastellanError } from '../core/errors.js';
import { ApplyRunningError } from '../core/ports/writes.js';
import { ForeignAnswerError, serviceFailure } from './administration/service-failures.js';
import { EmbeddedPostgresError } from '../store/embedded/embedded-postgres-error.js';
import { MigrationError } from '../store/migrations.js';
import { DatabaseUnreachableError } from '../store/wait-for-database.js';
import { ImportRunningError } from './bulk/import-running-error.js';
import { ConfigError } from './config.js';
import { InterruptedError } from './operator.js';
import { WorkersFailedError } from './workers/workers-failed-error.js';
import { PolicyError, type PolicyProblem } from './policy/policy-error.js';
import { RemovalsDifferError } from './policy/prune.js';

/** Whose turn it is: the caller asked wrongly, the database can't be had, it was stopped, it could not be done. */
export type FailureKind = 'usage' | 'unavailable' | 'interrupted' | 'failed' | 'unexpected';

/** Why a command failed, for a person and for a program. */
export interface Failure {
  readonly kind: FailureKind;
  /** Stable, for programs. */
  readonly code: string;
  readonly message: string;
  /** What is wrong with a policy file, and where. */
  readonly problems?: readonly PolicyProblem[];
}

/** Tells what an error means to who runs a command. */
export function failureOf(error: unknown): Failure {
  if (error instanceof PolicyError) {
    return { kind: 'failed', code: error.code, message: error.message, problems: error.problems };
  }
  if (error instanceof CastellanError) return { kind: kindOf(error), code: error.code, message: error.detail };
  if (error instanceof CastellanClientError) return serviceFailure(error);
  if (error instanceof ConfigError) return { kind: 'usage', code: 'invalid_settings', message: error.message };
  if (error instanceof InterruptedError) return { kind: 'interrupted', code: error.code, message: error.message };
  if (error instanceof ApplyRunningError || error instanceof ImportRunningError || error instanceof RemovalsDifferError)
    return { kind: 'failed', code: error.code, message: error.message };
  if (error instanceof MigrationError) return { kind: 'failed', code: error.code, message: error.message };
  if (
    error instanceof DatabaseUnreachableError ||
    error instanceof EmbeddedPostgresError ||
    error instanceof ForeignAnswerError
  ) {
    return { kind: 'unavailable', code: error.code, message: error.message };
  }
  if (error instanceof WorkersFailedError && error.code === 'workers_failed')
    return { kind: 'failed', code: error.code, message: error.message };
  return unexpected(error);
}

function kindOf({ code }: CastellanError): FailureKind {
  if (code === 'database_unavailable' || code === 'overloaded') return 'unavailable';
  return code === 'invalid_request' ? 'usage' : 'failed';
}

function unexpected(error: unknown): Failure {
  const { code, message, syscall, path } = error as NodeJS.ErrnoException;
  if (syscall?.startsWith('spawn'))
    return { kind: 'usage', code: 'no_such_program', message: `${path ?? 'the program'} can not be started: ${code}.` };
  if (code === 'EADDRINUSE')
    return { kind: 'failed', code: 'address_in_use', message: `${message}. Stop what listens there, or set PORT.` };
  return {
    kind: 'unexpected',
    code: 'internal',
    message: error instanceof Error ? (error.stack ?? message) : String(error),
  };
}
