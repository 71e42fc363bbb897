import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { CastellanError } from '../core/errors.js';
import { problemOf } from '../nest/problem.filter.js';

/** Answers errors of Castellan that a handler lets pass, such as those of a write: as problems of RFC 9457, with their own status. */
@Catch(CastellanError)
export class CastellanErrorFilter implements ExceptionFilter<CastellanError> {
  constructor(private readonly adapterHost: HttpAdapterHost) {}

  catch(error: CastellanError, host: ArgumentsHost): void {
    if (host.getType() !== 'http') throw error;
    const adapter = this.adapterHost.httpAdapter;
    const response = host.switchToHttp().getResponse<unknown>();
    if (adapter.isHeadersSent(response)) return;
    adapter.setHeader(response, 'Content-Type', 'application/problem+json; charset=utf-8');
    adapter.reply(response, problemOf(error), error.status);
  }
}
