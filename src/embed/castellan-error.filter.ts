import { Catch, Inject, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { CastellanError } from '../core/errors.js';
import { requestIdOf, type AuthorizableRequest } from '../nest/authorized-request.js';
import { problemOf } from '../nest/problem.filter.js';
import { AUTHZ_BEHAVIOUR } from './authz-behaviour.js';
import type { AuthzBehaviour } from './authz-options.js';

/**
 * Answers errors of Castellan that a handler lets pass, such as those of a write: as problems of RFC 9457, with their own status. What is
 * wrong with the app itself is told to its log, and to no caller.
 */
@Catch(CastellanError)
export class CastellanErrorFilter implements ExceptionFilter<CastellanError> {
  readonly #log = new Logger('AuthzModule');

  constructor(
    private readonly adapterHost: HttpAdapterHost,
    @Inject(AUTHZ_BEHAVIOUR) private readonly behaviour: Pick<AuthzBehaviour, 'challenge'>,
  ) {}

  catch(error: CastellanError, host: ArgumentsHost): void {
    if (host.getType() !== 'http') throw error;
    const http = host.switchToHttp();
    if (error.status >= 500) this.#tell(error, requestIdOf(http.getRequest<AuthorizableRequest>()));
    const adapter = this.adapterHost.httpAdapter;
    const response = http.getResponse<unknown>();
    if (adapter.isHeadersSent(response)) return;
    const { challenge } = this.behaviour;
    adapter.setHeader(response, 'Content-Type', 'application/problem+json; charset=utf-8');
    if (error.status === 401 && challenge !== undefined) adapter.setHeader(response, 'WWW-Authenticate', challenge);
    if (error.status === 503) adapter.setHeader(response, 'Retry-After', '1');
    adapter.reply(response, problemOf(error.code === 'internal' ? untold() : error), error.status);
  }

  #tell(error: CastellanError, requestId: string): void {
    const cause = error.cause instanceof Error ? ` (${error.cause.message})` : '';
    const of = requestId === '' ? '' : `Request ${requestId}: `;
    this.#log.error(`${of}${error.message}${cause}`, error.stack);
  }
}

function untold(): CastellanError {
  return new CastellanError('internal', 'The request was not carried out. The log has the reason.');
}
